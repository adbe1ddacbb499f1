import { formatDecimal } from '@mizan/money';
import type { Balances } from './balance.js';
import type { Metadata } from './texts.js';

export const accountTypes = ['asset', 'liability', 'equity', 'income', 'expense'] as const;
export type AccountType = (typeof accountTypes)[number];

export type Side = 'debit' | 'credit';

export const frozenStates = ['none', 'debits', 'credits', 'all'] as const;
/** Which side of an account takes no movement. */
export type Frozen = (typeof frozenStates)[number];

/**
 * An account as the rules know it: what it is, what limits it, and its four gross totals.
 * Limits are signed minor units on the normal balance; null means none.
 */
export interface Account extends Balances {
  readonly id: string;
  readonly type: AccountType;
  readonly asset: string;
  /** Decimal places of the asset when the account was opened, 0..18. */
  readonly exponent: number;
  readonly minBalance: bigint | null;
  readonly maxBalance: bigint | null;
  readonly frozen: Frozen;
  readonly closed: boolean;
  readonly metadata: Metadata;
  /** The journal position of its AccountOpened, and when that was recorded (ms since the epoch). */
  readonly openedPosition: number;
  readonly openedAt: number;
}

/** The side on which an account of this type grows. */
export function normalSide(type: AccountType): Side {
  return type === 'asset' || type === 'expense' ? 'debit' : 'credit';
}

/** An amount of an account's asset as people write it: "1,250.00 USD". */
export function money(amount: bigint, { asset, exponent }: Pick<Account, 'asset' | 'exponent'>): string {
  return `${formatDecimal(amount, exponent, { grouped: true })} ${asset}`;
}
