import { describeEventStore } from '@mizan/event-store/contract';
import { ownEventStoreDb } from '@mizan/testing';
import type { EventStoreClient } from './client.js';
import { EventStoreDbStore } from './eventstoredb-store.js';

// The server is a process of its own: it speaks with the messages of the other client, and a process can hold only those of one.

const successor = await import('@kurrent/kurrentdb-client').catch((error: Error) => error);
const missing = successor instanceof Error;
// A part of it is native, and is not made for every system.
const leg = missing ? describe.skip : describe;
if (missing) process.stdout.write(`The event store was not tested with the successor of the client: ${successor.message}\n`);

leg(`with the successor of the client${missing ? ': not run' : ''}`, () => {
  const { KurrentDBClient } = successor as Exclude<typeof successor, Error>;
  describeEventStore('EventStoreDbStore with a server of our own', async () => {
    const server = await ownEventStoreDb();
    const store = await EventStoreDbStore.open({
      url: server.url.replace(/^esdb/, 'kurrentdb'),
      kinds: ['journal'],
      connect: (url) => KurrentDBClient.connectionString(url) as unknown as EventStoreClient,
    });
    return {
      store,
      close: async () => {
        await store.close();
        await server.stop();
      },
    };
  });
});
