export * from './free-port.js';
export * from './server-process.js';
export * from './postgres.js';
export * from './kafka-jars.js';
export * from './kafka.js';
