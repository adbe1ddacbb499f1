export * from './chance.js';
export * from './subject.js';
export * from './schedule.js';
