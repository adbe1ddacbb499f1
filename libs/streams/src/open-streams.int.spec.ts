import { migrateService, serviceUrl } from '@mizan/database';
import { type OwnEventStoreDb, type TestDatabase, ownEventStoreDb, testDatabase } from '@mizan/testing';
import pg from 'pg';
import { type StoreSettings, openStreams } from './open-streams.js';
import { ownStreams, streamMigrations } from './own-streams.js';

const PASSWORD = 'for-this-test-alone';
const row = { name: 'payouts', streams: ['payout', 'statement'] };
const streams = ownStreams(row);

let database: TestDatabase;
let pool: pg.Pool;
let eventStoreDb: OwnEventStoreDb;
beforeAll(async () => (eventStoreDb = await ownEventStoreDb()), 60_000);
afterAll(() => eventStoreDb?.stop());
beforeEach(async () => {
  database = await testDatabase();
  await migrate();
  pool = new pg.Pool({ connectionString: serviceUrl(database.adminUrl, row.name, PASSWORD) });
});
afterEach(async () => {
  await pool?.end();
  await database?.drop();
});

const migrate = (): Promise<number> =>
  migrateService({ adminUrl: database.adminUrl, service: row.name, password: PASSWORD, schemas: streamMigrations(row) });

function settings(EVENT_STORE: StoreSettings['EVENT_STORE']): StoreSettings {
  const DATABASE_URL = serviceUrl(database.adminUrl, row.name, PASSWORD);
  return { DATABASE_URL, EVENT_STORE, EVENTSTORE_URL: EVENT_STORE === 'postgres' ? null : eventStoreDb.url };
}

test.each(['postgres', 'eventstoredb'] as const)(
  'a service appends to its own streams in %s and reads them after a restart',
  async (kind) => {
    const stream = `payout-${kind}`;
    const store = await openStreams(streams, settings(kind), pool);
    await store.append(stream, 0, ['asked', 'sent']);
    await store.close();
    const again = await openStreams(streams, settings(kind), pool);
    expect((await again.read(stream, 0, 10)).map(({ text }) => text)).toEqual(['asked', 'sent']);
    await again.close();
  },
);

test('streams stay in the store where they began', async () => {
  await (await openStreams(streams, settings('postgres'), pool)).close();
  await expect(openStreams(streams, settings('eventstoredb'), pool)).rejects.toThrow(
    'The streams of payouts of this database are kept in postgres, and EVENT_STORE says eventstoredb. Set EVENT_STORE=postgres',
  );
});

test('its migrations run once, and the schema of its events has its own name', async () => {
  expect(await migrate()).toBe(0);
  const { rows } = await pool.query(
    "SELECT to_regclass('payouts_events.events') AS events, to_regclass('payouts.streams_kept_in') AS kept, to_regclass('payouts.leases') AS leases",
  );
  expect(rows).toEqual([{ events: 'payouts_events.events', kept: 'payouts.streams_kept_in', leases: 'payouts.leases' }]);
});
