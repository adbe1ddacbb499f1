// Who may import whom. `scripts/boundaries.mjs` checks these rules, and first that each of them can fail.

/** Tests, and what only tests import. */
const tests = '\\.(spec|fixture)\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'money-is-pure',
      comment: 'libs/money imports nothing: no package, no Node built-in, no other library.',
      severity: 'error',
      from: { path: '^libs/money/src/', pathNot: tests },
      to: { pathNot: '^libs/money/src/' },
    },
    {
      name: 'ledger-is-pure',
      comment: 'libs/ledger imports libs/money and nothing else: no package, no Node built-in.',
      severity: 'error',
      from: { path: '^libs/ledger/src/', pathNot: tests },
      to: { pathNot: '^libs/(ledger|money)/src/' },
    },
    {
      name: 'app-never-imports-app',
      comment: 'Services meet over HTTP and Kafka, and in libs/contracts.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'writer-imports-no-adapter',
      comment: 'libs/writer knows ports alone: no Nest, no database, no broker. So the simulator runs it in virtual time.',
      severity: 'error',
      from: { path: '^libs/writer/src/', pathNot: tests },
      to: { pathNot: '^libs/(writer|contracts|event-store|ledger)/src/|^node:|^(assert/strict|crypto|timers/promises)$' },
    },
    {
      name: 'any-writer-knows-no-ledger',
      comment: 'What any owner of streams uses of libs/writer knows nothing of ledgers: those have their own folder.',
      severity: 'error',
      from: { path: '^libs/writer/src/', pathNot: '^libs/writer/src/ledger/' },
      to: { path: '^libs/(ledger|writer/src/ledger)/' },
    },
    {
      name: 'process-knows-ports',
      comment:
        'What runs processes knows its ports; libs/process/src/postgres and libs/process/src/ledger are adapters, each with an export of its own.',
      severity: 'error',
      from: { path: '^libs/process/src/', pathNot: `^libs/process/src/(postgres|ledger)/|${tests}` },
      to: { pathNot: '^libs/(contracts|event-store)/src/|^libs/process/src/(?!postgres/|ledger/)|^node:|^(crypto|timers/promises)$' },
    },
    {
      name: 'texts-know-no-owner',
      comment: 'libs/texts keeps words beside the streams of any service: it knows the table, and neither stores, buses nor services.',
      severity: 'error',
      from: { path: '^libs/texts/src/', pathNot: tests },
      to: { pathNot: '^libs/(texts|contracts|database)/src/|node_modules/(@types/)?pg/|^node:|^(assert|assert/strict|url)$' },
    },
    {
      name: 'projections-know-no-read-model',
      comment:
        'libs/projections makes the read model of any service again: tables, projection and feed are arguments, no ledger is known by name.',
      severity: 'error',
      from: { path: '^libs/projections/src/', pathNot: tests },
      to: {
        pathNot:
          '^libs/(projections|contracts|database|messaging)/src/|node_modules/(@types/)?pg/|^node:|^(assert/strict|crypto|timers/promises)$',
      },
    },
    {
      name: 'lib-never-imports-app',
      comment: 'Libraries do not know who uses them.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'port-imports-no-adapter',
      comment: 'libs/event-store and libs/contracts say what is to be done; others do it.',
      severity: 'error',
      from: { path: '^libs/(event-store|contracts)/src/', pathNot: tests },
      to: {
        path: '^libs/(database|event-store-postgres|event-store-eventstoredb|messaging|platform|client|embedded)/|node_modules/(pg|kafkajs|@nestjs|@eventstore|@kurrent)/',
      },
    },
    {
      name: 'kafka-behind-messaging',
      comment: 'Only libs/messaging speaks Kafka; libs/embedded and libs/testing start it.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '^libs/(messaging|embedded|testing)/' },
      to: { path: 'node_modules/kafkajs/' },
    },
    {
      name: 'store-chosen-in-one-place',
      comment: 'Which event store it is, only libs/streams knows, which opens it, and migrations and tests.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: `^libs/(event-store-(postgres|eventstoredb)|streams)/|/migrate\\.ts$|${tests}` },
      to: { path: '^libs/event-store-(postgres|eventstoredb)/' },
    },
    {
      name: 'eventstoredb-behind-its-adapter',
      comment: 'Only libs/event-store-eventstoredb speaks to EventStoreDB; libs/testing has a server that answers.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '^libs/(event-store-eventstoredb|testing)/' },
      to: { path: 'node_modules/@(eventstore|kurrent)/' },
    },
    {
      name: 'test-servers-in-tests',
      comment: 'Nothing that runs outside tests and measurements imports libs/testing.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: `^libs/testing/|^apps/e2e/|/bench/|${tests}` },
      to: { path: '^libs/testing/' },
    },
    {
      name: 'no-cycle',
      comment: 'Files that run each other in a ring are one thought in several files; types may refer to each other.',
      severity: 'error',
      from: { path: '^(apps|libs)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'every-import-is-found',
      comment: 'An import that cannot be resolved escapes every other rule.',
      severity: 'error',
      from: { path: '^(apps|libs)/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    // The parser that is here anyway; dependency-cruiser does not read TypeScript 7's own.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@mizan/source', 'import', 'node', 'default'],
    },
  },
};
