export { type ReadModel, type ReadModelWords, inSchema } from './read-model.js';
export { type Source } from './filling.js';
export { type Claim } from './paused-writers.js';
export { type Rebuilding, type Rebuilt, rebuild } from './rebuild.js';
