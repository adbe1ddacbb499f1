export * from './event-store.js';
export * from './bounds.js';
export * from './heads.js';
export * from './in-memory-event-store.js';
export * from './live-feed.js';
export * from './counted-token.js';
