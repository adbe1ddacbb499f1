import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { describeEventStore } from '@mizan/event-store/contract';
import { ownEventStoreDb } from '@mizan/testing';
import type { EventStoreClient } from './client.js';
import { EventStoreDbStore } from './eventstoredb-store.js';

// The server is a process of its own: it speaks with the messages of the other client, and a process can hold only those of one.

describeEventStore('EventStoreDbStore with the successor of the client and a server of our own', async () => {
  const server = await ownEventStoreDb();
  const store = await EventStoreDbStore.open({
    url: server.url,
    connect: (url) => KurrentDBClient.connectionString(url.replace(/^esdb/, 'kurrentdb')) as unknown as EventStoreClient,
  });
  return {
    store,
    close: async () => {
      await store.close();
      await server.stop();
    },
  };
});
