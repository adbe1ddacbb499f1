import type { AccountBody, PostingBody } from '@mizan/contracts';

// What a caller sends. Amounts in whole minor units, as bigint or digits; moments as RFC 3339 with Z.

export type Amount = bigint | string;

interface Worded {
  readonly reference?: string;
  readonly metadata?: AccountBody['metadata'];
}

export interface NewAccount {
  readonly id: string;
  readonly type: AccountBody['type'];
  readonly asset: string;
  /** Limits on the normal balance, signed. */
  readonly minBalance?: Amount;
  readonly maxBalance?: Amount;
  readonly metadata?: AccountBody['metadata'];
}

export interface TwoLegTransfer extends Worded {
  readonly id: string;
  readonly debit: string;
  readonly credit: string;
  /** With a cap: the most that may move. */
  readonly amount: Amount;
  /** Whose limits may lower the amount: those of the debited account, of the credited one, or of both. */
  readonly cap?: 'debit' | 'credit' | 'both';
  readonly effectiveAt?: string;
}

export interface PostingsTransfer extends Worded {
  readonly id: string;
  readonly postings: readonly { readonly account: string; readonly side: PostingBody['side']; readonly amount: Amount }[];
  readonly effectiveAt?: string;
}

export type NewTransfer = TwoLegTransfer | PostingsTransfer;

export interface NewHold extends Worded {
  readonly id: string;
  readonly debit: string;
  readonly credit: string;
  readonly amount: Amount;
  /** From this moment on it expires. */
  readonly expiresAt?: string;
}

/** Reference and metadata are the hold's unless given. */
export interface HoldCapture extends Worded {
  readonly id: string;
  /** Absent: all that remains. */
  readonly amount?: Amount;
  /** Whether what remains is released (true, unless given), or stays held. */
  readonly final?: boolean;
  readonly effectiveAt?: string;
}

export interface Reversal extends Worded {
  readonly id: string;
  /** Of a two-leg entry. Absent: the whole. */
  readonly amount?: Amount;
}

export interface AccountChange {
  readonly id: string;
  /** Null removes the limit. */
  readonly minBalance?: Amount | null;
  readonly maxBalance?: Amount | null;
  readonly frozen?: AccountBody['frozen'];
  readonly metadata?: AccountBody['metadata'];
}

/** One item of a batch. */
export type SingleOperation =
  | ({ readonly op: 'open' } & NewAccount)
  | ({ readonly op: 'transfer' } & NewTransfer)
  | ({ readonly op: 'update'; readonly account: string } & AccountChange)
  | ({ readonly op: 'hold' } & NewHold)
  | ({ readonly op: 'capture'; readonly hold: string } & HoldCapture)
  | { readonly op: 'release'; readonly id: string; readonly hold: string }
  | ({ readonly op: 'reverse'; readonly entry: string } & Reversal)
  | { readonly op: 'close' | 'reopen'; readonly id: string; readonly account: string }
  | { readonly op: 'close-period'; readonly id: string; readonly through: string }
  | { readonly op: 'cancel'; readonly id: string };

export type Operation = SingleOperation | { readonly op: 'group'; readonly operations: readonly SingleOperation[] };
