export * from './client.js';
export * from './operation.js';
export * from './problem.js';
