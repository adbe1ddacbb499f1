import { migrateService, serviceUrl } from '@mizan/database';
import type { Appended } from '@mizan/event-store';
import { type TestDatabase, testDatabase } from '@mizan/testing';
import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import { journalMigrations } from './journal-migrations.fixture.js';
import { PostgresEventStore } from './postgres-event-store.js';

// One transaction that writes stays open on the server through all of these tests: no append and no reader may wait for it.

let database: TestDatabase;
let url: string;
let store: PostgresEventStore;
let admin: pg.Client;
let elsewhere: pg.Client;
/** The store's own role on a connection of the test's, to hold an append open. */
let raw: pg.Client;

beforeAll(async () => {
  database = await testDatabase();
  await migrateService({ adminUrl: database.adminUrl, service: 'transfers', password: 'test', schemas: [journalMigrations] });
  url = serviceUrl(database.adminUrl, 'transfers', 'test');
  admin = await connect(database.adminUrl);
  elsewhere = await connect(database.adminUrl);
  await elsewhere.query('CREATE TABLE elsewhere (id bigint)');
  await elsewhere.query('BEGIN');
  await elsewhere.query('INSERT INTO elsewhere VALUES (1)');
  raw = await connect(url);
  store = await PostgresEventStore.open({ url, schema: 'journal' });
});

afterAll(async () => {
  await store?.close();
  await raw?.end();
  await elsewhere?.query('ROLLBACK');
  await elsewhere?.end();
  await admin?.end();
  await database?.drop();
});

async function connect(to: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: to });
  await client.connect();
  return client;
}

const newStream = (): string => `journal-${randomUUID()}`;
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);
const rawAppend = (stream: string, expected: number, events: readonly string[]): Promise<pg.QueryResult> =>
  raw.query('SELECT * FROM journal.append($1, $2, $3, $4)', [[stream], [expected], [events.length], events]);

/** Until `count` of the stores' appends wait for a lock. */
async function waitingAppends(count: number): Promise<void> {
  for (;;) {
    const { rows } = await admin.query(
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'mizan-journal-append' AND wait_event_type = 'Lock'",
    );
    if (rows.length >= count) return;
  }
}

async function endOfFeed(): Promise<Awaited<ReturnType<typeof store.readAll>>['next']> {
  for (let next = null as Awaited<ReturnType<typeof store.readAll>>['next']; ;) {
    const page = await store.readAll(next, 1000);
    if (page.appends.length === 0) return next;
    next = page.next;
  }
}

test('the write elsewhere is older than everything here, and still open', async () => {
  await store.append(newStream(), 0, ['a']);
  const { rows } = await admin.query('SELECT age(backend_xid) > 0 AS older, state FROM pg_stat_activity WHERE pid = $1', [
    (await elsewhere.query('SELECT pg_backend_pid() AS pid')).rows[0].pid,
  ]);
  expect(rows).toEqual([{ older: true, state: 'idle in transaction' }]);
});

test('an append held open: no later one is seen before it, and the feed shows all of them once it commits', async () => {
  const end = await endOfFeed();
  const [held, later, last] = [newStream(), newStream(), newStream()];
  await raw.query('BEGIN');
  await rawAppend(held, 0, ['held']);
  const appends = [store.append(later, 0, ['later']), store.append(last, 0, ['last 1', 'last 2'])];
  await waitingAppends(1);
  expect(await store.readAll(end, 10)).toEqual({ appends: [], next: end });
  expect(await store.version(later)).toBe(0);

  await raw.query('COMMIT');
  expect(await Promise.all(appends)).toEqual([
    { status: 'appended', version: 1 },
    { status: 'appended', version: 2 },
  ]);
  const page = await store.readAll(end, 10);
  expect(page.appends[0]).toMatchObject({ stream: held, events: ['held'] });
  expect(new Set(page.appends.slice(1).map(({ stream }) => stream))).toEqual(new Set([later, last]));
});

test('an append held open and rolled back leaves no gap in the feed', async () => {
  const end = await endOfFeed();
  const stream = newStream();
  await raw.query('BEGIN');
  await rawAppend(newStream(), 0, ['never']);
  const append = store.append(stream, 0, ['after']);
  await waitingAppends(1);
  await raw.query('ROLLBACK');
  expect(await append).toEqual({ status: 'appended', version: 1 });
  const { rows } = await admin.query('SELECT min(token) = 1 AND max(token) = count(*) AS dense FROM journal.feed');
  expect(rows).toEqual([{ dense: true }]);
  expect((await store.readAll(end, 10)).appends.map((each) => each.stream)).toEqual([stream]);
});

test.each<['COMMIT' | 'ROLLBACK', Appended]>([
  ['COMMIT', { status: 'conflict', actual: 1 }],
  ['ROLLBACK', { status: 'appended', version: 1 }],
])('the same stream held open by another: after its %s the answer is known', async (outcome, expected) => {
  const stream = newStream();
  await raw.query('BEGIN');
  await rawAppend(stream, 0, ['theirs']);
  const append = store.append(stream, 0, ['ours']);
  await waitingAppends(1);
  await raw.query(outcome);
  expect(await append).toEqual(expected);
  expect((await store.read(stream, 0, 10)).map(({ text }) => text)).toEqual([outcome === 'COMMIT' ? 'theirs' : 'ours']);
});

test('a subscription hears what another process appends', async () => {
  const end = await endOfFeed();
  const stopping = new AbortController();
  const heard = (async () => {
    for await (const page of store.subscribe(end, stopping.signal)) return page.appends.map(({ events }) => events);
    return [];
  })();
  await rawAppend(newStream(), 0, ['from', 'elsewhere']);
  expect(await heard).toEqual([['from', 'elsewhere']]);
  stopping.abort();
});

test('two stores race for one stream: every event once, each writer in its order, no gap', async () => {
  const other = await PostgresEventStore.open({ url, schema: 'journal' });
  try {
    const stream = newStream();
    const write = async (through: PostgresEventStore, writer: number): Promise<void> => {
      let version = 0;
      for (let event = 0; event < 20;) {
        const result = await through.append(stream, version, [`${writer}/${event}`]);
        if (result.status === 'appended') event += 1;
        version = result.status === 'appended' ? result.version : result.actual;
      }
    };
    await Promise.all([write(store, 0), write(other, 1), write(store, 2), write(other, 3)]);
    const events = await store.read(stream, 0, 1000);
    expect(events.map(({ version }) => version)).toEqual(range(80).map((n) => n + 1));
    for (const writer of range(4))
      expect(events.map(({ text }) => text).filter((text) => text.startsWith(`${writer}/`))).toEqual(
        range(20).map((n) => `${writer}/${n}`),
      );
  } finally {
    await other.close();
  }
});

test('two stores append to the same many streams at once: one of them wins each, and they never lock each other out', async () => {
  const other = await PostgresEventStore.open({ url, schema: 'journal' });
  try {
    for (let round = 0; round < 5; round += 1) {
      const streams = range(100).map(newStream);
      const [ours, theirs] = await Promise.all([
        Promise.all(streams.map((stream) => store.append(stream, 0, ['ours']))),
        Promise.all(streams.toReversed().map((stream) => other.append(stream, 0, ['theirs']))),
      ]);
      for (const [index, stream] of streams.entries()) {
        const wins = [ours[index]!, theirs[99 - index]!].map(({ status }) => status === 'appended');
        expect(wins.filter(Boolean)).toHaveLength(1);
        expect((await store.read(stream, 0, 10)).map(({ text }) => text)).toEqual([wins[0] ? 'ours' : 'theirs']);
      }
    }
  } finally {
    await other.close();
  }
});

test('an append that the server gives up on is rejected, and the next one works', async () => {
  const stream = newStream();
  await raw.query('BEGIN');
  await rawAppend(newStream(), 0, ['held']);
  const append = store.append(stream, 0, ['a']).catch((error: unknown) => error);
  await waitingAppends(1);
  await admin.query("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'mizan-journal-append'");
  expect(await append).toMatchObject({ code: '57014' });
  await raw.query('COMMIT');
  expect(await store.append(stream, 0, ['a'])).toEqual({ status: 'appended', version: 1 });
});

describe('what is stored', () => {
  test('is the text itself, byte for byte', async () => {
    const stream = newStream();
    const text = '{"b":1.0,  "a":"\u2028é\\u00e9 \\"𝄞\\""}';
    await store.append(stream, 0, [text]);
    const { rows } = await admin.query(
      "SELECT pg_typeof(event)::text AS type, encode(sha256(convert_to(event, 'UTF8')), 'hex') AS hash FROM journal.events WHERE stream = $1",
      [stream],
    );
    expect(rows).toEqual([{ type: 'text', hash: createHash('sha256').update(text).digest('hex') }]);
  });

  const changes = [
    "UPDATE journal.events SET event = 'other'",
    'DELETE FROM journal.events',
    'TRUNCATE journal.events',
    'UPDATE journal.feed SET token = token + 1',
    'DELETE FROM journal.feed WHERE token = 1',
    'TRUNCATE journal.feed',
  ];

  test.each(changes)("the service's role may not: %s", async (change) => {
    await expect(raw.query(change)).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('permission denied') });
  });

  test.each(changes)('the owner may not: %s', async (change) => {
    await store.append(newStream(), 0, ['a']);
    await expect(admin.query(change)).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('append-only') });
    // Nor with triggers switched off for replication.
    await expect(admin.query(`BEGIN; SET LOCAL session_replication_role = replica; ${change}; COMMIT`)).rejects.toMatchObject({
      code: '42501',
    });
    await admin.query('ROLLBACK');
  });

  test.each([
    "INSERT INTO journal.events VALUES ('journal-forged', 7, 'out of order')",
    "INSERT INTO journal.feed VALUES (1000000, 'journal-forged', 1, 1, 1)",
    'ALTER TABLE journal.events DISABLE TRIGGER append_only',
    'DROP TABLE journal.events',
    "CREATE OR REPLACE FUNCTION journal.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
  ])("the service's role writes through journal.append alone, not: %s", async (statement) => {
    await expect(raw.query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  test('the feed agrees with the events: sizes, versions, one row for each append', async () => {
    const [conflicting, ...streams] = range(20).map((n) => `journal-${n}-${randomUUID()}`);
    await Promise.all([
      store.append(conflicting!, 5, ['never']),
      ...streams.flatMap((stream, n) => [
        store.append(stream, 0, ['é'.repeat(n)]),
        store.append(stream, 1, ['a', 'bc']),
        store.append(stream, 0, ['no']),
      ]),
    ]);
    const { rows } = await admin.query(`
      SELECT count(*)::int AS appends,
        bool_and(f.bytes = (SELECT sum(octet_length(e.event)) FROM journal.events AS e
                            WHERE e.stream = f.stream AND e.version BETWEEN f.first_version AND f.last_version)) AS sizes,
        (SELECT count(*) FROM journal.events) = sum(f.last_version - f.first_version + 1) AS all_events
      FROM journal.feed AS f`);
    expect(rows).toEqual([{ appends: expect.any(Number), sizes: true, all_events: true }]);
    for (const stream of streams) expect(await store.version(stream)).toBe(3);
    expect(await store.version(conflicting!)).toBe(0);
  });

  test('journal.append refuses counts that disagree with the events', async () => {
    await expect(raw.query("SELECT * FROM journal.append('{journal-a}', '{0}', '{2}', '{only one}')")).rejects.toThrow(
      /counts say 2 events, 1 are given/,
    );
  });
});
