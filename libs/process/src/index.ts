export * from './definition.js';
export * from './bounds.js';
export * from './ports.js';
export * from './content.js';
export * from './recorded.js';
export * from './instance.js';
export type { Decision } from './approval.js';
export * from './runner.js';
export * from './in-memory-timers.js';
