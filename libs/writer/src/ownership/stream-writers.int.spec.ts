import { migrateService, openPool, serviceUrl } from '@mizan/database';
import type { EventStore } from '@mizan/event-store';
import { PostgresEventStore } from '@mizan/event-store-postgres';
import { PostgresLeases, leaseTable, ownStreams, streamMigrations } from '@mizan/streams';
import { type TestDatabase, testDatabase } from '@mizan/testing';
import pg from 'pg';
import { CheckedClock } from '../checked-clock.js';
import { decidedBy } from '../decider.js';
import { WriterFault } from '../fault.js';
import type { StreamWriter } from '../stream-writer.js';
import { type TallyAsk, type TallyReply, add, idsIn, look, origin, tally, tallyOf } from '../tally.fixture.js';
import { StreamWriters } from './stream-writers.js';

// The streams of another owner than transfers, in a PostgreSQL schema of their own, written by several instances.

const PASSWORD = 'for-this-test-alone';
const row = { name: 'payouts', streams: ['tally'] };
const { schema } = ownStreams(row);

type Tallies = StreamWriters<TallyAsk, TallyReply, StreamWriter<TallyAsk, TallyReply>>;

let database: TestDatabase;
let admin: pg.Client;
let started: { readonly writers: Tallies; readonly end: () => Promise<void> }[] = [];

beforeEach(async () => {
  database = await testDatabase();
  await migrateService({ adminUrl: database.adminUrl, service: row.name, password: PASSWORD, schemas: streamMigrations(row) });
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
});
afterEach(async () => {
  await Promise.all(started.map(({ end }) => end()));
  started = [];
  await admin?.end();
  await database?.drop();
});

/** An instance with connections of its own. Killed, it says and hears nothing any more; what it had sent may still arrive. */
async function instance(owner: string, loses: () => boolean = () => false): Promise<{ writers: Tallies; kill: () => void }> {
  const url = serviceUrl(database.adminUrl, row.name, PASSWORD);
  const pool = openPool({ url, name: 'payouts-test', max: 4 });
  const store = await PostgresEventStore.open({ url, schema });
  let killed = false;
  const never = new Promise<never>(() => undefined);
  const alive = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (of, name) => {
        const found: unknown = Reflect.get(of, name);
        if (typeof found !== 'function') return found;
        return async (...given: unknown[]): Promise<unknown> => {
          if (killed) return never;
          const answer: unknown = await (found as (...all: unknown[]) => unknown).apply(of, given);
          if (killed) return never;
          if (name === 'append' && loses()) throw new Error('the answer was lost');
          return answer;
        };
      },
    });
  const ports = { store: alive<EventStore>(store), clock: new CheckedClock(), log: () => undefined };
  const leases = alive(new PostgresLeases(pool, owner, leaseTable(row)));
  const writers: Tallies = new StreamWriters(decidedBy(tally), ports, leases, { find: async () => [] });
  const end = async (): Promise<void> => {
    await writers.stop(1_000);
    await store.close();
    await pool.end();
  };
  started.push({ writers, end });
  await writers.start();
  return { writers, kill: () => (killed = true) };
}

async function stored(uid: string): Promise<string[]> {
  const { rows } = await admin.query<{ text: string }>(`SELECT event AS text FROM ${schema}.events WHERE stream = $1 ORDER BY version`, [
    `tally-${uid}`,
  ]);
  return idsIn(rows);
}

/** Asks at one instance after the other until it is known what became of it, as a caller does. */
async function untilKnown(instances: readonly Tallies[], uid: string, ask: TallyAsk): Promise<TallyReply> {
  for (let attempt = 0; ; attempt += 1)
    try {
      const [reply] = await instances[attempt % instances.length]!.ask(tallyOf(uid), [ask], origin);
      return reply!;
    } catch (fault) {
      if (!(fault instanceof WriterFault) || fault.kind === 'internal_error' || attempt > 300) throw fault;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

test('appends of many streams go out in shared commits', async () => {
  const { writers } = await instance('http://a');
  const uids = Array.from({ length: 100 }, (_, i) => `t${i}`);
  await Promise.all(uids.map((uid) => writers.ask(tallyOf(uid), [look], origin)));
  for (let round = 0; round < 5; round += 1) await Promise.all(uids.map((uid) => writers.ask(tallyOf(uid), [add(`r${round}`, 1)], origin)));
  // Rows of one transaction have its number in common.
  const { rows } = await admin.query(`SELECT count(*)::int AS appends, count(DISTINCT xmin::text)::int AS commits FROM ${schema}.feed`);
  expect(rows).toEqual([{ appends: 500, commits: expect.any(Number) }]);
  expect((rows[0] as { commits: number }).commits).toBeLessThanOrEqual(100);
}, 30_000);

test('a stopped instance gives its streams to another at once', async () => {
  const { writers: first } = await instance('http://a');
  const { writers: second } = await instance('http://b');
  await first.ask(tallyOf('one'), [add('x', 1)], origin);
  await expect(second.ask(tallyOf('one'), [look], origin)).rejects.toMatchObject({ writing: { url: 'http://a' } });
  await first.stop(1_000);
  expect(await second.writtenBy(tallyOf('one'), true)).toBeNull();
  expect(await second.ask(tallyOf('one'), [add('y', 1)], origin)).toEqual([{ sum: 2, replayed: false }]);
}, 30_000);

test('with answers lost and the writer killed in the middle, nothing acknowledged is lost, and nothing is doubled', async () => {
  let answers = 0;
  const { writers: first, kill } = await instance('http://a', () => (answers += 1) % 3 === 0);
  const { writers: second } = await instance('http://b', () => (answers += 1) % 3 === 0);
  const uids = ['one', 'two', 'three'];
  const ids = Array.from({ length: 60 }, (_, i) => `i${i}`);
  const acknowledged: string[] = [];
  const before = ids.slice(0, 40).flatMap((id) =>
    uids.map(async (uid) => {
      await new Promise((resolve) => setTimeout(resolve, Number(id.slice(1)) * 10));
      await first.ask(tallyOf(uid), [add(id, 1, 1)], origin);
      acknowledged.push(`${uid} ${id}`);
    }),
  );
  before.forEach((asked) => void asked.catch(() => undefined));
  while (acknowledged.length < 20) await new Promise((resolve) => setTimeout(resolve, 5));
  kill();
  const known = [...acknowledged];
  expect(known.length).toBeLessThan(120);
  await Promise.all(uids.flatMap((uid) => ids.map((id) => untilKnown([second], uid, add(id, 1, 1)))));
  for (const uid of uids) {
    const there = await stored(uid);
    expect(there.length).toBe(2 * ids.length);
    expect(new Set(there)).toEqual(new Set(ids));
    // The two events of one decision stand next to each other.
    expect(there.filter((id, i) => i % 2 === 0 && there[i + 1] !== id)).toEqual([]);
    expect(known.filter((one) => one.startsWith(`${uid} `) && !there.includes(one.split(' ')[1]!))).toEqual([]);
    expect(await untilKnown([second], uid, look)).toEqual({ sum: 2 * ids.length, replayed: false });
  }
}, 60_000);

test('two instances that take a stream from each other write each id once', async () => {
  const instances = await Promise.all(['http://a', 'http://b'].map((owner) => instance(owner)));
  const both = instances.map(({ writers }) => writers);
  let over = false;
  const stealing = (async () => {
    for (let turn = 0; !over; turn += 1) {
      await admin.query('UPDATE payouts.leases SET until = clock_timestamp()');
      await both[turn % 2]!.writtenBy(tallyOf('one'), true).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  })();
  const ids = Array.from({ length: 80 }, (_, i) => `i${i}`);
  try {
    await Promise.all(
      ids.map(async (id, i) => {
        await new Promise((resolve) => setTimeout(resolve, i * 15));
        await untilKnown(i % 2 ? both : both.toReversed(), 'one', add(id, 1));
      }),
    );
  } finally {
    over = true;
    await stealing;
  }
  expect((await stored('one')).toSorted()).toEqual(ids.toSorted());
  const { rows } = await admin.query<{ epoch: number }>('SELECT epoch::int AS epoch FROM payouts.leases');
  expect(rows[0]!.epoch).toBeGreaterThan(2);
}, 60_000);
