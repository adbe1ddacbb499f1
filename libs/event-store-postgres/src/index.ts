export * from './postgres-event-store.js';
export * from './journal-migrations.js';
