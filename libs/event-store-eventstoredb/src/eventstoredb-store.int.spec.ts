import { describeEventStore } from '@mizan/event-store/contract';
import { startEventStoreDb } from '@mizan/testing';
import { EventStoreDbStore } from './eventstoredb-store.js';

describeEventStore('EventStoreDbStore with a server of our own', async () => {
  const server = await startEventStoreDb();
  const store = await EventStoreDbStore.open({ url: server.url, kinds: ['journal'] });
  return {
    store,
    close: async () => {
      await store.close();
      await server.stop();
    },
  };
});
