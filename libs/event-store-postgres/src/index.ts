export * from './postgres-event-store.js';
export * from './event-store-migrations.js';
