export * from './envelope.js';
export * from './texts.js';
export * from './journal-events.js';
export * from './journal-feed.js';
export * from './token.js';
export * from './problem.js';
export * from './bodies.js';
export * from './schemas.js';
