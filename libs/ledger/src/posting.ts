import type { Side } from './account.js';
import type { Balances } from './balance.js';

/** One leg as it is asked for: amount in minor units, 1 .. 2^128-1. */
export interface Posting {
  readonly account: string;
  readonly side: Side;
  readonly amount: bigint;
}

/** One leg as it was recorded: with the account's asset and its balances after the whole entry. */
export interface RecordedPosting extends Posting {
  readonly asset: string;
  readonly balances: Balances;
}
