// Checks the import rules of .dependency-cruiser.mjs. A checker that reads nothing finds nothing wrong, so it first has to
// find one planted violation of each rule, and then to have read every source file.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';
import configuration from '../.dependency-cruiser.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Each breaks the rule it is named after, in the way that is easiest to overlook. */
const planted = {
  'money-is-pure': { 'libs/money/src/planted.ts': `import { randomUUID } from 'node:crypto';\nexport const id = randomUUID();` },
  'ledger-is-pure': { 'libs/ledger/src/planted.ts': `import type { Pool } from 'pg';\nexport type Planted = Pool;` },
  'app-never-imports-app': {
    'apps/one/src/planted.ts': `import type { Two } from '../../two/src/two.js';\nfunction d(_: unknown) {}\n@d export class One { constructor(readonly two: Two) {} }`,
    'apps/two/src/two.ts': `export class Two {}`,
  },
  'writer-imports-no-adapter': { 'libs/writer/src/planted.ts': `import type { Pool } from 'pg';\nexport type Planted = Pool;` },
  'process-knows-ports': {
    'libs/process/src/planted.ts': `import { timers } from './postgres/planted.js';\nexport const planted = timers;`,
    'libs/process/src/postgres/planted.ts': `export const timers = 1;`,
  },
  'texts-know-no-owner': { 'libs/texts/src/planted.ts': `export const kafka = await import('kafkajs');` },
  'projections-know-no-read-model': {
    'libs/projections/src/planted.ts': `import type { Book } from '../../ledger/src/book.js';\nexport type Planted = Book;`,
    'libs/ledger/src/book.ts': `export type Book = 1;`,
  },
  'any-writer-knows-no-ledger': {
    'libs/writer/src/any.ts': `import { own } from './ledger/own.js';\nexport const planted = own;`,
    'libs/writer/src/ledger/own.ts': `export const own = 1;`,
  },
  'lib-never-imports-app': {
    'libs/platform/src/planted.ts': `export { three } from '../../../apps/three/src/three.js';`,
    'apps/three/src/three.ts': `export const three = 3;`,
  },
  'port-imports-no-adapter': { 'libs/event-store/src/planted.ts': `import pg from 'pg';\nexport const pool = pg;` },
  'kafka-behind-messaging': { 'apps/four/src/planted.ts': `export const kafka = await import('kafkajs');` },
  'store-chosen-in-one-place': {
    'apps/five/src/planted.ts': `import { store } from '@mizan/event-store-postgres';\nexport const five = store;`,
    'libs/event-store-postgres/src/index.ts': `export const store = 1;`,
  },
  'eventstoredb-behind-its-adapter': {
    'libs/messaging/src/planted.ts': `import type { Client } from '@eventstore/db-client';\nexport type Planted = Client;`,
  },
  'test-servers-in-tests': {
    'apps/six/src/planted.ts': `import { server } from '../../../libs/testing/src/index.js';\nexport const six = server;`,
    'libs/testing/src/index.ts': `export const server = 1;`,
  },
  'no-cycle': {
    'libs/client/src/planted.ts': `import { b } from './b.js';\nexport const a = () => b;`,
    'libs/client/src/b.ts': `import { a } from './planted.js';\nexport const b = () => a;`,
  },
  'every-import-is-found': { 'libs/database/src/planted.ts': `import { x } from '@mizan/nowhere';\nexport const y = x;` },
};

await findEveryPlantedViolation();
const { modules, summary } = await readImports(root);
const read = new Set(modules.map(({ source }) => source));
const unread = sourceFiles().filter((file) => !read.has(file));
for (const { rule, from, to } of summary.violations) console.error(`${rule.name}: ${from} imports ${to}`);
for (const file of unread) console.error(`${file} was not read, so nothing is known about its imports`);
if (summary.violations.length + unread.length > 0) process.exitCode = 1;
else
  console.log(
    `${read.size} modules, ${summary.totalDependenciesCruised} imports, ${configuration.forbidden.length} rules, each of which found its planted violation`,
  );

/** @throws when a rule misses the violation that was planted for it. */
async function findEveryPlantedViolation() {
  const folder = mkdtempSync(join(tmpdir(), 'mizan-boundaries-'));
  try {
    const write = (file, text) => {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    };
    for (const name of ['pg', 'kafkajs', '@eventstore/db-client']) {
      write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js' }));
      write(`node_modules/${name}/index.js`, '');
    }
    const store = { name: '@mizan/event-store-postgres', exports: { '.': { '@mizan/source': './src/index.ts' } } };
    write('libs/event-store-postgres/package.json', JSON.stringify(store));
    mkdirSync(join(folder, 'node_modules/@mizan'));
    symlinkSync('../../libs/event-store-postgres', join(folder, 'node_modules/@mizan/event-store-postgres'));
    for (const files of Object.values(planted)) for (const [file, text] of Object.entries(files)) write(file, text);

    const { summary } = await readImports(folder);
    const found = new Set(summary.violations.map(({ rule, from }) => `${rule.name} ${from}`));
    for (const { name } of configuration.forbidden) {
      const files = Object.keys(planted[name] ?? {});
      if (!files.some((file) => found.has(`${name} ${file}`)))
        throw new Error(`The rule ${name} does not find the violation planted in ${files[0]}.`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function readImports(baseDir) {
  const { forbidden, options } = configuration;
  const { enhancedResolveOptions, ...rest } = options;
  const { output } = await cruise(
    ['apps', 'libs'],
    { ...rest, baseDir, validate: true, ruleSet: { forbidden } },
    { ...enhancedResolveOptions, extensions: ['.ts', '.js', '.mjs'] },
  );
  return output;
}

function sourceFiles() {
  return ['apps', 'libs'].flatMap((group) =>
    readdirSync(join(root, group), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => readdirSync(join(root, group, name), { recursive: true }).map((file) => join(group, name, file)))
      .map((file) => file.split(sep).join('/'))
      .filter((file) => /^(apps|libs)\/[^/]+\/src\/.*\.ts$/.test(file)),
  );
}
