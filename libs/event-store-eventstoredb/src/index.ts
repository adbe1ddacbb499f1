export type { EventStoreClient } from './client.js';
export { EventStoreDbStore, type EventStoreDbOptions } from './eventstoredb-store.js';
