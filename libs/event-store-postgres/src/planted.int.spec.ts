import { randomUUID } from 'node:crypto';
import { migrateService, serviceUrl } from '@mizan/database';
import type { FeedToken } from '@mizan/event-store';
import { type TestDatabase, testDatabase } from '@mizan/testing';
import pg from 'pg';
import { journalMigrations } from './journal-migrations.fixture.js';
import { PostgresEventStore } from './postgres-event-store.js';

// The simulator knows no SQL. So bugs are planted here in the one function that writes journals, on a real server, and each
// must be found by a trial that finds nothing in the function as it is.

let database: TestDatabase;
let admin: pg.Client;
let store: PostgresEventStore;
/** The store's own role on a connection of the test's, to hold an append open. */
let raw: pg.Client;
let sound: string;

beforeAll(async () => {
  database = await testDatabase();
  await migrateService({ adminUrl: database.adminUrl, service: 'transfers', password: 'test', schemas: [journalMigrations] });
  const url = serviceUrl(database.adminUrl, 'transfers', 'test');
  [admin, raw] = await Promise.all([connect(database.adminUrl), connect(url)]);
  store = await PostgresEventStore.open({ url, schema: 'journal' });
  const { rows } = await admin.query<{ text: string }>("SELECT pg_get_functiondef('journal.append'::regproc) AS text");
  sound = rows[0]!.text;
}, 120_000);

afterEach(async () => {
  await raw.query('ROLLBACK');
  await admin.query(sound);
});

afterAll(async () => {
  process.stdout.write(`planted ${planted.length} in SQL, caught ${caught}\n`);
  await store?.close();
  await raw?.end();
  await admin?.end();
  await database?.drop();
});

async function connect(to: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: to });
  await client.connect();
  return client;
}

const newStream = (): string => `journal-${randomUUID()}`;
const rawAppend = (stream: string, expected: number, events: readonly string[]): Promise<pg.QueryResult> =>
  raw.query('SELECT * FROM journal.append($1, $2, $3, $4)', [[stream], [expected], [events.length], events]);

/** Until an append of the store waits for a lock, or has had its answer. */
async function waitsOrEnds(append: Promise<unknown>): Promise<void> {
  let ended = false;
  void append.finally(() => (ended = true)).catch(() => undefined);
  while (!ended) {
    const { rows } = await admin.query(
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'mizan-journal-append' AND wait_event_type = 'Lock'",
    );
    if (rows.length > 0) return;
  }
}

async function endOfFeed(): Promise<FeedToken | null> {
  for (let next: FeedToken | null = null; ;) {
    const page = await store.readAll(next, 1000);
    if (page.appends.length === 0) return next;
    next = page.next;
  }
}

/** What is wrong with two who append at the same version of one stream at once: one is appended, the other hears of it. */
async function oneOfTwo(): Promise<string | null> {
  const stream = newStream();
  await raw.query('BEGIN');
  await rawAppend(stream, 0, ['theirs']);
  const append = store.append(stream, 0, ['ours']).catch((error: unknown) => ({ status: String(error) }));
  await waitsOrEnds(append);
  await raw.query('COMMIT');
  const { status } = await append;
  if (status !== 'conflict') return `the second is told: ${status}`;
  const texts = (await store.read(stream, 0, 10)).map(({ text }) => text);
  return texts.join() === 'theirs' ? null : `the stream holds ${texts.join()}`;
}

/** What is wrong with a version that is not the one expected. */
async function staleVersion(): Promise<string | null> {
  const stream = newStream();
  await store.append(stream, 0, ['first']);
  const { status } = await store.append(stream, 0, ['first, sent again']);
  return status === 'conflict' ? null : `it is told: ${status}`;
}

/** What is wrong with a reader who reads to the end while an append is still open. */
async function readerPassesNone(): Promise<string | null> {
  const start = await endOfFeed();
  const [late, later] = [newStream(), newStream()];
  await raw.query('BEGIN');
  await rawAppend(late, 0, ['late']);
  const append = store.append(later, 0, ['later']);
  await waitsOrEnds(append);
  const before = await store.readAll(start, 10);
  await raw.query('COMMIT');
  await append;
  const after = await store.readAll(before.next, 10);
  const seen = [...before.appends, ...after.appends].map(({ stream }) => stream);
  return seen.includes(late) && seen.includes(later) ? null : 'an append is never seen';
}

/** What is wrong with an append of several events of which one cannot be written. */
async function allOrNothing(): Promise<string | null> {
  const stream = newStream();
  await raw.query('SELECT * FROM journal.append($1, $2, $3, $4)', [[stream], [0], [3], ['one', 'two', null]]).catch(() => undefined);
  const length = await store.version(stream);
  return length === 0 ? null : `${length} of 3 events are there`;
}

const trials = { oneOfTwo, staleVersion, readerPassesNone, allOrNothing };

interface Planted {
  readonly name: string;
  readonly foundBy: keyof typeof trials;
  readonly replace: readonly (readonly [sound: string | RegExp, faulty: string])[];
}

const planted: readonly Planted[] = [
  {
    name: 'fence checked before the write, with no lock between',
    foundBy: 'oneOfTwo',
    replace: [[/PERFORM pg_advisory_xact_lock\(741001[^;]*;/, '']],
  },
  {
    name: 'version checked outside the append',
    foundBy: 'staleVersion',
    replace: [['won[i] := head = expected[i];', 'won[i] := true; expected[i] := head;']],
  },
  {
    name: 'reader that passes a late commit: places in the feed given out before the commit, without a lock',
    foundBy: 'readerPassesNone',
    replace: [
      ['PERFORM pg_advisory_xact_lock(741002, 0);', ''],
      ['SELECT coalesce(max(f.token), 0) INTO head FROM journal.feed AS f;', "SELECT nextval('journal.places') + 1000 INTO head;"],
    ],
  },
  {
    name: 'group half applied: what cannot be written is left out',
    foundBy: 'allOrNothing',
    replace: [
      [
        'generate_series(1, count) AS n\n    WHERE won;',
        'generate_series(1, count) AS n\n    WHERE won AND events[start + n] IS NOT NULL;',
      ],
    ],
  },
];

let caught = 0;

test.each(Object.keys(trials) as (keyof typeof trials)[])('%s finds nothing in the function as it is', async (trial) => {
  expect(await trials[trial]()).toBeNull();
});

test.each(planted.map((bug) => [bug.name, bug] as const))('finds: %s', async (_, { foundBy, replace }) => {
  await admin.query('CREATE SEQUENCE IF NOT EXISTS journal.places');
  await admin.query('GRANT USAGE ON SEQUENCE journal.places TO mizan_transfers');
  let faulty = sound;
  for (const [from, to] of replace) {
    expect(faulty).toMatch(from);
    faulty = faulty.replace(from, to);
  }
  await admin.query(faulty);
  expect(await trials[foundBy]()).not.toBeNull();
  caught += 1;
});
