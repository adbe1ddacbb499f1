export * from './own-streams.js';
export * from './open-streams.js';
export * from './kept-in.js';
export * from './leases.postgres.js';
