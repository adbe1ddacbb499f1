import { migrateService, openPool } from '@mizan/database';
import { testDatabase } from '@mizan/testing';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeTimers } from '../timers.contract.js';
import { PostgresTimers } from './postgres-timers.js';
import { SERVICE, processDatabase } from './process-database.fixture.js';
import { processMigrations } from './process-migrations.js';

let database: Awaited<ReturnType<typeof processDatabase>>;
beforeAll(async () => (database = await processDatabase()));
afterAll(() => database?.drop());

let kinds = 0;

describeTimers('PostgresTimers', async () => ({
  timers: new PostgresTimers(database.pool(), SERVICE, `kind-${(kinds += 1)}`),
}));

it('keeps the timers of each kind of process apart', async () => {
  const [one, other] = ['one', 'other'].map((kind) => new PostgresTimers(database.pool(), SERVICE, kind));
  await one!.set({ process: 'p', version: 1, at: 1 });
  await other!.set({ process: 'p', version: 7, at: 2 });
  await one!.clear('p', 9);
  expect(await one!.due(9, 9)).toEqual([]);
  expect(await other!.due(9, 9)).toEqual([{ process: 'p', version: 7, at: 2 }]);
});

it('finds what is due by the index, however much waits', async () => {
  const pool = database.pool();
  await pool.query(`INSERT INTO ${SERVICE}.process_timers SELECT 'many', 'p' || n, 1, n FROM generate_series(1, 50000) n`);
  const admin = openPool({ url: database.adminUrl, name: 'analyze', max: 1 });
  await admin.query(`ANALYZE ${SERVICE}.process_timers`);
  await admin.end();
  const { rows } = await pool.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN SELECT process, version, at FROM ${SERVICE}.process_timers WHERE kind = 'many' AND at <= 40000 ORDER BY at, process LIMIT 100`,
  );
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).toContain('process_timers_due');
  expect(plan).not.toContain('Sort');
});

it('is migrated in the schema of the service, beside its own migrations, twice without harm', async () => {
  const own = await testDatabase();
  const directory = await mkdtemp(join(tmpdir(), 'notes-'));
  await writeFile(join(directory, '0001_timers.sql'), 'CREATE TABLE notes.notes (id text PRIMARY KEY);');
  const schemas = [{ schema: 'notes', directory }, processMigrations({ schema: 'notes', role: 'mizan_notes' })];
  const migration = { adminUrl: own.adminUrl, service: 'notes', password: 'test', schemas };
  try {
    expect(await migrateService(migration)).toBe(2);
    expect(await migrateService(migration)).toBe(0);
  } finally {
    await rm(directory, { recursive: true });
    await own.drop();
  }
});
