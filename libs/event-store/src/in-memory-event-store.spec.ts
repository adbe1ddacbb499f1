import { describeEventStore } from './event-store.contract.js';
import { InMemoryEventStore } from './in-memory-event-store.js';

describeEventStore('InMemoryEventStore', async () => ({ store: new InMemoryEventStore(), close: async () => {} }));
