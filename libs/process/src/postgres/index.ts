export { LEASE_MS, PostgresLease } from './postgres-lease.js';
export * from './postgres-timers.js';
export * from './process-migrations.js';
