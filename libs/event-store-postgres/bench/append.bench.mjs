// How many events a second the store makes durable. DATABASE_URL is an administrator's: a database is made for the run and dropped.
import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { migrateService, serviceUrl } from '@mizan/database';
import { PostgresEventStore, eventStoreMigrations } from '@mizan/event-store-postgres';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 3);
const server = process.env.DATABASE_URL;
if (!server) throw new Error("Set DATABASE_URL to an administrator's URL of a PostgreSQL server.");

const database = `bench_${randomBytes(6).toString('hex')}`;
const password = randomBytes(12).toString('hex');
const adminUrl = new URL(server);
adminUrl.pathname = `/${database}`;

/** About the size of a two-leg entry's envelope. */
const event = JSON.stringify({ id: randomUUID(), data: { filler: 'x'.repeat(840) } });
const newStream = () => `journal-${randomUUID()}`;

const runs = [
  { name: '1 stream, appends of 1 event', streams: 1, events: 1 },
  { name: '1 stream, appends of 64 events', streams: 1, events: 64 },
  { name: '1 stream, appends of 500 events', streams: 1, events: 500 },
  { name: '1 stream, appends of 4000 events', streams: 1, events: 4000 },
  { name: '64 streams, appends of 1 event', streams: 64, events: 1 },
  { name: '64 streams, appends of 64 events', streams: 64, events: 64 },
];

await administrate(`CREATE DATABASE ${database}`);
try {
  await migrateService({
    adminUrl: adminUrl.href,
    service: 'transfers',
    password,
    schemas: [eventStoreMigrations({ schema: 'journal', role: 'mizan_transfers' })],
  });
  const store = await PostgresEventStore.open({ url: serviceUrl(adminUrl.href, 'transfers', password), schema: 'journal' });
  for (const run of runs) console.log(JSON.stringify(await measure(store, run)));
  console.log(JSON.stringify(await readBack(store)));
  await store.close();
} finally {
  await administrate(`DROP DATABASE ${database} WITH (FORCE)`);
}

async function measure(store, { name, streams, events }) {
  const batch = Array.from({ length: events }, () => event);
  const times = [];
  const write = async (stream, until) => {
    for (let version = 0, start = performance.now(); start < until;) {
      const result = await store.append(stream, version, batch);
      if (result.status !== 'appended') throw new Error(`${stream} is at ${result.actual}, not ${version}`);
      version = result.version;
      const end = performance.now();
      times.push(end - start);
      start = end;
    }
  };
  await write(newStream(), performance.now() + 300);
  times.length = 0;
  const start = performance.now();
  await Promise.all(Array.from({ length: streams }, () => write(newStream(), start + SECONDS * 1000)));
  const seconds = (performance.now() - start) / 1000;
  times.sort((a, b) => a - b);
  const at = (share) => Number(times[Math.floor(times.length * share)].toFixed(2));
  const rate = times.length / seconds;
  return { name, appendsPerSecond: Math.round(rate), eventsPerSecond: Math.round(rate * events), p50ms: at(0.5), p99ms: at(0.99) };
}

async function readBack(store) {
  const start = performance.now();
  let events = 0;
  for (let token = null; performance.now() - start < SECONDS * 1000;) {
    const { appends, next } = await store.readAll(token, 1000);
    if (appends.length === 0) break;
    for (const append of appends) events += append.events.length;
    token = next;
  }
  return { name: 'the feed, read from its beginning', eventsPerSecond: Math.round(events / ((performance.now() - start) / 1000)) };
}

async function administrate(statement) {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}
