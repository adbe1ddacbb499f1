export * from './pool.js';
export * from './transaction.js';
export * from './service-role.js';
export * from './migrate.js';
export * from './sql-files.js';
