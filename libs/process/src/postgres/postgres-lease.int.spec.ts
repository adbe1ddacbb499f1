import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { PostgresLease, TRUSTED_MS } from './postgres-lease.js';
import { SERVICE, processDatabase } from './process-database.fixture.js';

let database: Awaited<ReturnType<typeof processDatabase>>;
beforeAll(async () => (database = await processDatabase()));
afterAll(() => database?.drop());

const instance = (kind: string, holder: string): { lease: PostgresLease; pool: pg.Pool } => {
  const pool = database.pool();
  return { lease: new PostgresLease(pool, SERVICE, kind, holder), pool };
};

/** Until the lease is taken; how often it was asked for. */
async function taken(lease: PostgresLease): Promise<number> {
  for (let asked = 1; ; asked += 1) {
    if (await lease.held()) return asked;
    await pause(50);
  }
}

it('is held by one of two, for each kind of process', async () => {
  const [one, other] = [instance('of-two', 'one').lease, instance('of-two', 'other').lease];
  const held = await Promise.all([one.held(), other.held(), one.held(), other.held()]);
  expect(held.filter(Boolean)).toHaveLength(2);
  expect(held[0]).toBe(held[2]);
  expect(held[0]).not.toBe(held[1]);
  expect(await instance('another', 'other').lease.held()).toBe(true);
});

it('passes at once where it is given back', async () => {
  const [one, other] = [instance('given-back', 'one').lease, instance('given-back', 'other').lease];
  expect(await one.held()).toBe(true);
  expect(await other.held()).toBe(false);
  await one.release();
  expect(await other.held()).toBe(true);
  // A holder of the past gives nothing back that is another's.
  await one.release();
  expect(await one.held()).toBe(false);
});

it('is taken over from an instance that is gone, which then has it no more', async () => {
  const [one, other] = [instance('killed', 'one'), instance('killed', 'other')];
  expect(await one.lease.held()).toBe(true);
  await one.pool.end();
  expect(await taken(other.lease)).toBeGreaterThan(1);
  // Not on its own word either: what the database said last is too old.
  await expect(one.lease.held()).rejects.toThrow();
  expect(await instance('killed', 'one').lease.held()).toBe(false);
});

it('is not trusted on an answer that came late', async () => {
  const { lease } = instance('late', 'one');
  expect(await lease.held()).toBe(true);
  const admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  await admin.query('BEGIN');
  await admin.query(`SELECT * FROM ${SERVICE}.process_leases WHERE kind = 'late' FOR UPDATE`);
  await pause(TRUSTED_MS + 100);
  // It has to ask again, and the answer stands in the queue for longer than it may be trusted.
  const asked = lease.held();
  await pause(TRUSTED_MS + 100);
  await admin.query('COMMIT');
  await admin.end();
  expect(await asked).toBe(false);
  expect(await lease.held()).toBe(true);
});

it('stays with an instance whose connections break, while it can renew', async () => {
  const [one, other] = [instance('broken', 'one'), instance('broken', 'other')];
  expect(await one.lease.held()).toBe(true);
  const admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  for (let round = 0; round < 8; round += 1) {
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND datname = current_database()', [
      `mizan_${SERVICE}`,
    ]);
    await one.lease.held().catch(() => false);
    expect(await other.lease.held().catch(() => false)).toBe(false);
    await pause(1_000);
  }
  await admin.end();
  expect(await taken(one.lease)).toBe(1);
});
