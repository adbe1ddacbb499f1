export * from './free-port.js';
export * from './server-process.js';
export {
  type Postgres,
  type PostgresOptions,
  ADMINISTRATOR,
  POSTGRES_MAJOR,
  RESTORED,
  postgresBinaries,
  startPostgres,
} from './postgres.js';
export { type RecoveringPostgres, type RecoveryEnd, type RecoveryOptions, recoverPostgres } from './recovering-postgres.js';
export { type Guise, guiseFor } from './unprivileged.js';
export * from './wal-archive.js';
export * from './kafka-jars.js';
export * from './kafka.js';
