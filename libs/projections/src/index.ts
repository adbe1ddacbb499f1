export { type ReadModel, type Called, inSchema } from './read-model.js';
export { type Source } from './filling.js';
export { type ComparedRow, type ReadModelTable, type RowNames } from './read-model-table.js';
export { type Difference } from './comparison.js';
export { noteRefilled, refillingStreams, resumeRefill } from './refill.js';
export { type Rebuilding, type Rebuilt, rebuild } from './rebuild.js';
