export * from './amount.js';
export * from './decimal.js';
export * from './asset.js';
export * from './iso-4217.js';
