import { type TestDatabase, testDatabase } from '@mizan/testing';
import pg from 'pg';
import { openPool } from './pool.js';
import { UnknownCommit, transaction } from './transaction.js';

let database: TestDatabase;
let pool: pg.Pool;
let other: pg.Client;

beforeAll(async () => {
  database = await testDatabase();
  pool = openPool({ url: database.adminUrl, name: 'transaction-test', max: 1 });
  other = new pg.Client({ connectionString: database.adminUrl });
  await other.connect();
  await other.query(`
    CREATE TABLE lines (id bigint PRIMARY KEY DEFERRABLE INITIALLY DEFERRED);
    CREATE FUNCTION wait_for_lock() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END';
    CREATE TABLE slow_lines (id bigint PRIMARY KEY);
    CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON slow_lines DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_for_lock();`);
});

afterAll(async () => {
  await pool?.end();
  await other?.end();
  await database?.drop();
});

beforeEach(() => other.query('TRUNCATE lines, slow_lines'));

const linesThere = async (): Promise<number[]> =>
  (await other.query<{ id: string }>('SELECT id FROM lines ORDER BY id')).rows.map((row) => Number(row.id));
const backend = async (client: pg.Pool | pg.PoolClient): Promise<number> =>
  (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]!.pid;

async function waitUntil(condition: string, pid: number): Promise<void> {
  for (;;) {
    const { rows } = await other.query(`SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND ${condition}`, [pid]);
    if (rows.length > 0) return;
  }
}

test('commits what the work wrote and gives its result', async () => {
  const result = await transaction(pool, async (client) => {
    await client.query('INSERT INTO lines VALUES (1), (2)');
    return 'done';
  });
  expect(result).toBe('done');
  expect(await linesThere()).toEqual([1, 2]);
});

test('rolls back what failed work wrote, throws its error, and keeps the connection', async () => {
  const pid = await backend(pool);
  const failure = new Error('the work failed');
  const attempt = transaction(pool, async (client) => {
    await client.query('INSERT INTO lines VALUES (1)');
    throw failure;
  });
  await expect(attempt).rejects.toBe(failure);
  expect(await linesThere()).toEqual([]);
  expect(await backend(pool)).toBe(pid);
});

test('a failed statement whose error was swallowed is no success', async () => {
  const attempt = transaction(pool, async (client) => {
    await client.query('INSERT INTO lines VALUES (1)');
    await client.query('SELECT 1 / 0').catch(() => {});
  });
  await expect(attempt).rejects.toThrow(/nothing was written/);
  expect(await linesThere()).toEqual([]);
});

test("a constraint that fails at COMMIT is the server's clear no", async () => {
  const attempt = transaction(pool, (client) => client.query('INSERT INTO lines VALUES (1), (1)'));
  await expect(attempt).rejects.toMatchObject({ code: '23505' });
  expect(await linesThere()).toEqual([]);
});

test('a connection lost before COMMIT means nothing was written, and the next transaction gets another', async () => {
  const attempt = transaction(pool, async (client) => {
    await client.query('INSERT INTO lines VALUES (1)');
    await other.query('SELECT pg_terminate_backend($1, 10000)', [await backend(client)]);
    await client.query('INSERT INTO lines VALUES (2)');
  });
  await expect(attempt).rejects.not.toBeInstanceOf(UnknownCommit);
  await transaction(pool, (client) => client.query('INSERT INTO lines VALUES (3)'));
  expect(await linesThere()).toEqual([3]);
});

test('a connection lost during COMMIT means unknown', async () => {
  await other.query('SELECT pg_advisory_lock(7)');
  let pid = 0;
  const attempt = transaction(pool, async (client) => {
    pid = await backend(client);
    await client.query('INSERT INTO slow_lines VALUES (1)');
  });
  const outcome = attempt.catch((error: unknown) => error);
  while (pid === 0) await new Promise(setImmediate);
  await waitUntil(`wait_event_type = 'Lock' AND query = 'COMMIT'`, pid);
  await other.query('SELECT pg_terminate_backend($1, 10000)', [pid]);
  await other.query('SELECT pg_advisory_unlock(7)');
  expect(await outcome).toBeInstanceOf(UnknownCommit);
});

test('losing an idle connection harms nobody', async () => {
  await other.query('SELECT pg_terminate_backend($1, 10000)', [await backend(pool)]);
  while (pool.totalCount > 0) await new Promise(setImmediate);
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

test('int8 is an exact number or an error, numeric stays text', async () => {
  const { rows } = await pool.query(
    'SELECT 9007199254740991::int8 AS position, ARRAY[1::int8, NULL] AS positions, 1.50::numeric AS amount',
  );
  expect(rows).toEqual([{ position: Number.MAX_SAFE_INTEGER, positions: [1, null], amount: '1.50' }]);
  await expect(pool.query('SELECT 9007199254740992::int8')).rejects.toThrow(/2\^53/);
});

test('every wait on the server has an end', async () => {
  for (const setting of ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'])
    expect((await pool.query(`SHOW ${setting}`)).rows[0]).toEqual({ [setting]: expect.stringMatching(/^[1-9]\d*s$/) });
});

test('settings of its own reach every connection of a pool', async () => {
  const set = openPool({ url: database.adminUrl, name: 'settings-test', max: 1, settings: { enable_seqscan: 'off', work_mem: '8MB' } });
  try {
    expect((await set.query("SELECT current_setting('enable_seqscan') AS scan, current_setting('work_mem') AS memory")).rows).toEqual([
      { scan: 'off', memory: '8MB' },
    ]);
  } finally {
    await set.end();
  }
});
