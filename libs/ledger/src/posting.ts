import type { Side } from './account.js';
import type { Balances } from './balance.js';
import type { Transfer } from './command.js';

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

export const MAX_POSTINGS = 64;

/** The legs that a transfer asks for, debit before credit in the two-leg form. */
export function postingsOf(transfer: Transfer): readonly Posting[] {
  if ('postings' in transfer) return transfer.postings;
  const { debit, credit, amount } = transfer;
  return [
    { account: debit, side: 'debit', amount },
    { account: credit, side: 'credit', amount },
  ];
}
