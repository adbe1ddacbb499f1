import { migrateService, migrationSql, serviceUrl } from '@mizan/database';
import { describeEventStore } from '@mizan/event-store/contract';
import { type TestDatabase, testDatabase } from '@mizan/testing';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { eventStoreMigrations } from './event-store-migrations.js';
import { journalMigrations } from './journal-migrations.fixture.js';
import { PostgresEventStore } from './postgres-event-store.js';

// The stores of two services in one database.

const PASSWORD = 'test';
const payoutMigrations = eventStoreMigrations({ schema: 'payout_events', role: 'mizan_payouts' });

let database: TestDatabase;
let journal: PostgresEventStore;
let payouts: PostgresEventStore;
/** Each service's own role, on a connection of the test's. */
let asTransfers: pg.Client;
let asPayouts: pg.Client;
let admin: pg.Client;

beforeAll(async () => {
  database = await bothMigrated();
  journal = await openJournal(database);
  payouts = await openPayouts(database);
  asTransfers = await connect(serviceUrl(database.adminUrl, 'transfers', PASSWORD));
  asPayouts = await connect(serviceUrl(database.adminUrl, 'payouts', PASSWORD));
  admin = await connect(database.adminUrl);
});

afterAll(async () => {
  await Promise.all([journal?.close(), payouts?.close(), asTransfers?.end(), asPayouts?.end(), admin?.end()]);
  await database?.drop();
});

async function bothMigrated(): Promise<TestDatabase> {
  const made = await testDatabase();
  await migrateService({ adminUrl: made.adminUrl, service: 'transfers', password: PASSWORD, schemas: [journalMigrations] });
  await migrateService({ adminUrl: made.adminUrl, service: 'payouts', password: PASSWORD, schemas: [payoutMigrations] });
  return made;
}

const openJournal = ({ adminUrl }: TestDatabase): Promise<PostgresEventStore> =>
  PostgresEventStore.open({ url: serviceUrl(adminUrl, 'transfers', PASSWORD), schema: 'journal' });
const openPayouts = ({ adminUrl }: TestDatabase): Promise<PostgresEventStore> =>
  PostgresEventStore.open({ url: serviceUrl(adminUrl, 'payouts', PASSWORD), schema: 'payout_events' });

async function connect(to: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: to });
  await client.connect();
  return client;
}

const appendTo = (schema: string): string => `SELECT * FROM ${schema}.append($1, $2, $3, $4)`;
const one = (stream: string): unknown[] => [[stream], [0], [1], ['held']];

describeEventStore('PostgresEventStore in a second schema', async () => {
  const own = await bothMigrated();
  const other = await openJournal(own);
  await other.append(`journal-${randomUUID()}`, 0, ['of the other store']);
  await other.close();
  const store = await openPayouts(own);
  return {
    store,
    close: async () => {
      await store.close();
      await own.drop();
    },
  };
});

test('each store has its own events alone, also in streams of the same name', async () => {
  const stream = `payout-${randomUUID()}`;
  await journal.append(stream, 0, ['of the journal']);
  expect(await payouts.version(stream)).toBe(0);
  await payouts.append(stream, 0, ['of the payouts', 'one more']);
  for (const [store, version, events] of [
    [journal, 1, ['of the journal']],
    [payouts, 2, ['of the payouts', 'one more']],
  ] as const) {
    expect((await store.read(stream, 0, 10)).map(({ text }) => text)).toEqual(events);
    const { appends } = await store.readAll(null, 100);
    expect(appends.filter((append) => append.stream === stream).map((append) => append.events)).toEqual([events]);
    expect((await store.heads(null, 100)).heads).toContainEqual({ stream, version });
  }
});

test('a subscription hears its own store and not the other', async () => {
  const { next } = await journal.readAll(null, 1000);
  const stopping = new AbortController();
  const pages: string[][] = [];
  const hearing = (async () => {
    for await (const page of journal.subscribe(next, stopping.signal)) {
      pages.push(page.appends.flatMap(({ events }) => events));
      if (pages.flat().includes('mine')) stopping.abort();
    }
  })();
  for (let n = 0; n < 5; n += 1) await payouts.append(`payout-${randomUUID()}`, 0, ['theirs']);
  await journal.append(`journal-${randomUUID()}`, 0, ['mine']);
  await hearing;
  expect(pages).toEqual([['mine']]);
});

test.each([
  ['transfers', 'payout_events', () => asTransfers],
  ['payouts', 'journal', () => asPayouts],
])('the role of %s may neither append to nor read %s', async (service, schema, client) => {
  const denied = { code: '42501', message: expect.stringContaining('permission denied') };
  await expect(client().query(appendTo(schema), one('journal-a'))).rejects.toMatchObject(denied);
  for (const table of ['events', 'feed']) await expect(client().query(`SELECT * FROM ${schema}.${table}`)).rejects.toMatchObject(denied);
  const url = serviceUrl(database.adminUrl, service, PASSWORD);
  await expect(PostgresEventStore.open({ url, schema })).rejects.toThrow(/permission denied|has no/);
});

test('an append held open in one store holds up none in the other, also of the same stream', async () => {
  for (const [held, schema, other] of [
    [asTransfers, 'journal', payouts],
    [asPayouts, 'payout_events', journal],
  ] as const) {
    const stream = `payout-${randomUUID()}`;
    await held.query('BEGIN');
    try {
      await held.query(appendTo(schema), one(stream));
      expect(await other.append(stream, 0, ['at once'])).toEqual({ status: 'appended', version: 1 });
    } finally {
      await held.query('ROLLBACK');
    }
  }
});

test.each([
  "UPDATE payout_events.events SET event = 'other'",
  'DELETE FROM payout_events.events',
  'TRUNCATE payout_events.events',
  'UPDATE payout_events.feed SET token = token + 1',
  'DELETE FROM payout_events.feed',
  'TRUNCATE payout_events.feed',
])('neither the role nor the owner may: %s', async (change) => {
  await expect(asPayouts.query(change)).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('permission denied') });
  await expect(admin.query(change)).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('append-only') });
});

test.each(['', 'Journal', 'journal; DROP TABLE x', 'a.b', '1a', `a${'b'.repeat(63)}`])(
  'a name that is none of a schema is refused in one line: %j',
  async (schema) => {
    const why = /^'.*' is no name for a role or schema: .*$/;
    await expect(PostgresEventStore.open({ url: database.adminUrl, schema })).rejects.toThrow(why);
    expect(() => eventStoreMigrations({ schema, role: 'mizan_payouts' })).toThrow(why);
    expect(() => eventStoreMigrations({ schema: 'payout_events', role: schema })).toThrow(why);
  },
);

test('the SQL for the journal is the released SQL, and the SQL for another schema has no word of it', async () => {
  const released = join(journalMigrations.directory, '0001_journal.sql');
  expect(await migrationSql(released, journalMigrations.renamed ?? {})).toBe(await readFile(released, 'utf8'));
  expect(await migrationSql(released, payoutMigrations.renamed ?? {})).not.toMatch(/\bjournal\.|mizan_transfers|74100/);
});
