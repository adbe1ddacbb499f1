import { describeEventStore } from '@mizan/event-store/contract';
import { startEventStoreDb } from '@mizan/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDbStore } from './eventstoredb-store.js';

describeEventStore('EventStoreDbStore with a server of our own', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'mizan-eventstoredb-'));
  const server = await startEventStoreDb({ directory });
  const store = await EventStoreDbStore.open({ url: server.url });
  return {
    store,
    close: async () => {
      await store.close();
      await server.stop();
      await rm(directory, { recursive: true });
    },
  };
});
