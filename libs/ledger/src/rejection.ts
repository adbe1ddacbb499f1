/** 1. Shape: what follows from the request alone. */
export const shapeCodes = [
  'invalid_id',
  'invalid_account',
  'invalid_amount',
  'invalid_asset',
  'invalid_postings',
  'same_account',
  'unbalanced',
  'invalid_date',
  'invalid_metadata',
  'card_number',
  'group_too_large',
  'invalid_operation',
] as const;

/** Every reason the ledger says no, in the order in which the reasons are looked for. */
export const rejectionCodes = [
  ...shapeCodes,
  // 2. idempotency
  'id_conflict',
  // 3. existence
  'account_not_found',
  'hold_not_found',
  'entry_not_found',
  // 4. state of what is referred to
  'hold_captured',
  'hold_released',
  'hold_expired',
  'capture_exceeds_hold',
  'reversal_not_divisible',
  'reversal_exceeds_entry',
  'asset_mismatch',
  'period_closed',
  // 5. accounts
  'account_closed',
  'account_frozen',
  'account_not_empty',
  // 6. arithmetic
  'balance_overflow',
  // 7. limits
  'insufficient_funds',
  'limit_exceeded',
  // the caller's own no, and the fate of innocent members of a group
  'cancelled',
  'group_failed',
] as const;
export type RejectionCode = (typeof rejectionCodes)[number];

/** A rule said no: a value, not an exception. */
export interface Rejection {
  readonly code: RejectionCode;
  /** One sentence for a human: what was wrong, where, what to do. */
  readonly detail: string;
  /** The account concerned, where one is named. */
  readonly account?: string;
  /** The field concerned, as a path from the operation: `amount`, `postings/1/account`. */
  readonly field?: string;
}

export const isRejection = (value: object): value is Rejection => 'code' in value;

/**
 * The rejections that depend on the state of the ledger (steps 3, 5 and 7). Where they refuse a movement of money
 * they are recorded and spend its id, so that a late duplicate can never pay after the state has changed.
 */
const recordedCodes: ReadonlySet<RejectionCode> = new Set([
  'account_not_found',
  'hold_not_found',
  'entry_not_found',
  'account_closed',
  'account_frozen',
  'insufficient_funds',
  'limit_exceeded',
]);

const movements: ReadonlySet<string> = new Set(['transfer', 'hold', 'capture', 'reverse']);

/** Whether this refusal of this op becomes an event. All else spends nothing. */
export function isRecorded(op: string, { code }: Rejection): boolean {
  return movements.has(op) ? recordedCodes.has(code) : code === 'cancelled';
}
