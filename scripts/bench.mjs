// npm run bench: the rules on one core, the event stores, the posting side alone, the whole platform, a storm of expiries,
// questions about the past of a hot account, and the memory of a large ledger, one after another.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { build, check } from './checks.mjs';
import { install, node, root } from './install.mjs';

await install(() => console.log('Installing dependencies…'));
if (!(await check(build))) process.exit(1);
const { postgresServer } = await import('@mizan/testing');

await run('The rules: decide and evolve of a two-leg transfer, one core', 'libs/ledger/bench/decide.bench.mjs', {});
await run('The event store: EventStoreDB, what the adapter costs', 'libs/event-store-eventstoredb/bench/append.bench.mjs', {});
const postgres = await postgresServer();
try {
  await run('The event store: PostgreSQL with fsync', 'libs/event-store-postgres/bench/append.bench.mjs', {
    DATABASE_URL: postgres.address,
  });
  await run('The platform over HTTP', 'apps/e2e/dist/bench/main.js', { TEST_DATABASE_URL: postgres.address });
  await run('A storm of holds that fall due', 'apps/e2e/dist/bench/storm.js', { TEST_DATABASE_URL: postgres.address });
  await run('Questions about the past of an account with 1,000,000 postings', 'apps/accounts/bench/past.bench.mjs', {
    DATABASE_URL: postgres.address,
  });
  await run('A large ledger', 'apps/e2e/dist/bench/memory.js', { TEST_DATABASE_URL: postgres.address });
} finally {
  await postgres.stop();
}

async function run(title, script, environment) {
  console.log(`\n${title}`);
  const bench = spawn(node, ['--disable-warning=TimeoutNegativeWarning', script], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  const [code] = await once(bench, 'exit');
  if (code !== 0) process.exitCode = 1;
}
