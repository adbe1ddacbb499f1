import { isRecorded, rejectionCodes } from './rejection.js';

/** What refers to nothing of that kind; and captures: limits are not looked at again, and no account with a hold can be closed. */
const impossible = new Set([
  'transfer hold_not_found',
  'transfer entry_not_found',
  'hold hold_not_found',
  'hold entry_not_found',
  'capture account_not_found',
  'capture entry_not_found',
  'capture account_closed',
  'capture insufficient_funds',
  'capture limit_exceeded',
  'reverse account_not_found',
  'reverse hold_not_found',
]);

/** Every op that moves money with every code that is recorded where it refuses it: `hold account_frozen`. */
export const recordedPairs: readonly string[] = ['transfer', 'hold', 'capture', 'reverse']
  .flatMap((op) => rejectionCodes.filter((code) => isRecorded(op, { code, detail: '' })).map((code) => `${op} ${code}`))
  .filter((pair) => !impossible.has(pair));
