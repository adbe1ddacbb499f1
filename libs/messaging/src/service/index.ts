export * from './feed.controller.js';
export * from './feed-of-service.js';
export * from './journal-owners.js';
export * from './messaging-migrations.js';
export * from './relay.js';
export * from './subscription.js';
