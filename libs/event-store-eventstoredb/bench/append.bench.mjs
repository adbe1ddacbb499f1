// What the adapter costs: processor time of this process for an event appended. The server is ours, in a process of its own, so its time is not
// counted. In turns, so that all meet the same machine: a block of appends through the adapter; the same by the bare client, of events that were
// encoded before, as the adapter uses it (a call for each append); and as the client would do by itself (all on one stream of messages).
import { randomUUID } from 'node:crypto';
import { EventStoreDbStore } from '@mizan/event-store-eventstoredb';
import { ownEventStoreDb } from '@mizan/testing';
import { eventStoreDbClient } from '../dist/client.js';
import { toEvents } from '../dist/stored-text.js';

const EVENTS = 100_000;
const GROUP = 500;
const GROUPS_IN_A_BLOCK = 10;
/** What the adapter with its way of calling may cost. */
const MOST_US_AN_EVENT = 20;

/** About the size of a two-leg entry's envelope. Each differs, as journals do. */
const text = (n) => JSON.stringify({ id: randomUUID(), n, data: { filler: 'x'.repeat(820) } });
const groupFrom = (n) => Array.from({ length: GROUP }, (_, event) => text(n + event));

const server = await ownEventStoreDb();
const store = await EventStoreDbStore.open({ url: server.url, kinds: ['journal'] });
const bare = await eventStoreDbClient(server.url);
const sharing = Object.assign(await eventStoreDbClient(server.url), { supports: async () => true });
const streams = { adapter: `journal-${randomUUID()}`, calls: `journal-${randomUUID()}`, shared: `journal-${randomUUID()}` };

const costs = { adapter: 0, calls: 0, shared: 0 };
let wallMs = 0;
try {
  await block(0, { adapter: 0, calls: 0, shared: 0 });
  for (let version = GROUP * GROUPS_IN_A_BLOCK; version < EVENTS + GROUP * GROUPS_IN_A_BLOCK; version += GROUP * GROUPS_IN_A_BLOCK)
    await block(version, costs);
} finally {
  await store.close();
  await bare.dispose();
  await sharing.dispose();
  await server.stop();
}
const adapterAndItsCalls = (costs.adapter - costs.shared) / EVENTS;
const perEvent = (micros) => Number((micros / EVENTS).toFixed(2));
console.log(
  JSON.stringify({
    name: `appends of ${GROUP} events of 900 bytes`,
    events: EVENTS,
    cpuUsAnEvent: {
      adapterAndClient: perEvent(costs.adapter),
      clientWithCalls: perEvent(costs.calls),
      clientByItself: perEvent(costs.shared),
      adapter: perEvent(costs.adapter - costs.calls),
      adapterAndItsCalls: Number(adapterAndItsCalls.toFixed(2)),
    },
    eventsPerSecond: Math.round(EVENTS / (wallMs / 1000)),
  }),
);
if (adapterAndItsCalls > MOST_US_AN_EVENT) {
  console.error(`The adapter and its way of calling cost ${adapterAndItsCalls.toFixed(2)} us an event: more than ${MOST_US_AN_EVENT}.`);
  process.exitCode = 1;
}

async function block(version, into) {
  const groups = Array.from({ length: GROUPS_IN_A_BLOCK }, (_, n) => groupFrom(version + n * GROUP));
  const started = performance.now();
  await measured('adapter', into, async () => {
    for (const [n, texts] of groups.entries()) {
      const { status } = await store.append(streams.adapter, version + n * GROUP, texts);
      if (status !== 'appended') throw new Error(`The append at ${version + n * GROUP} is told: ${status}`);
    }
  });
  if (into === costs) wallMs += performance.now() - started;
  for (const [way, client] of Object.entries({ calls: bare, shared: sharing })) {
    const encoded = groups.map((texts, n) => toEvents(streams[way], version + n * GROUP, texts));
    await measured(way, into, async () => {
      for (const [n, events] of encoded.entries()) {
        const expected = version + n * GROUP === 0 ? 'no_stream' : BigInt(version + n * GROUP - 1);
        const options = { expectedRevision: expected, streamState: expected, requiresLeader: true, deadline: 10_000 };
        await client.appendToStream(streams[way], events, options);
      }
    });
  }
}

async function measured(what, into, work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  into[what] += user + system;
}
