import type { AccountType, Frozen } from './account.js';
import type { Posting } from './posting.js';
import type { Metadata, Texts } from './texts.js';

/**
 * What a caller asks of the ledger, after the shape has been checked and defaults are filled in.
 * It is kept word for word in the event it causes (texts apart), so that "same content" can be told
 * for ever and history can be decided again.
 */
export type Command = Open | Transfer | PlaceHold | Capture | Release | Reverse | Update | Close | Reopen | ClosePeriod | Cancel;

export interface Open {
  readonly op: 'open';
  /** The account's id: a space of its own beside the ids of all other commands. */
  readonly id: string;
  readonly type: AccountType;
  readonly asset: string;
  readonly minBalance: bigint | null;
  readonly maxBalance: bigint | null;
  readonly texts: Texts;
}

/** Moves money from `debit`, `credit`, `amount`, or from `postings`. The two forms are different content. */
export type Transfer = TwoLegTransfer | PostingsTransfer;

interface TransferFields {
  readonly op: 'transfer';
  readonly id: string;
  /** When it counts, ms since the epoch; null where the caller gave none (then: when recorded). */
  readonly effectiveAt: number | null;
  readonly texts: Texts;
}

export const caps = ['debit', 'credit', 'both'] as const;
/** Whose limits may lower the amount of a transfer: those of the debited account, of the credited one, or of both. */
export type Cap = (typeof caps)[number];

export interface TwoLegTransfer extends TransferFields {
  readonly debit: string;
  readonly credit: string;
  /** What moves; with a cap, the most that may move. */
  readonly amount: bigint;
  readonly cap?: Cap;
}

export interface PostingsTransfer extends TransferFields {
  readonly postings: readonly Posting[];
}

/** Reserves money: raises what is held on both sides. Its id is the hold's. */
export interface PlaceHold {
  readonly op: 'hold';
  readonly id: string;
  readonly debit: string;
  readonly credit: string;
  readonly amount: bigint;
  /** From this moment on the hold expires, ms since the epoch; null: never by itself. */
  readonly expiresAt: number | null;
  readonly texts: Texts;
}

/** Posts what a hold reserved. */
export interface Capture {
  readonly op: 'capture';
  readonly id: string;
  readonly hold: string;
  /** Null: all that remains. */
  readonly amount: bigint | null;
  /** Whether the rest is released, or stays held for further captures. */
  readonly final: boolean;
  readonly effectiveAt: number | null;
  /** Where they are empty, the entry takes the hold's. */
  readonly texts: Texts;
}

/** Gives back all that remains of a hold. */
export interface Release {
  readonly op: 'release';
  readonly id: string;
  readonly hold: string;
}

/** Posts the opposite of an entry. */
export interface Reverse {
  readonly op: 'reverse';
  readonly id: string;
  readonly entry: string;
  /** Of a two-leg entry. Null: the whole entry. */
  readonly amount: bigint | null;
  readonly texts: Texts;
}

export interface Update {
  readonly op: 'update';
  readonly id: string;
  readonly account: string;
  /** Absent: unchanged. Null: the limit is removed. */
  readonly minBalance?: bigint | null;
  readonly maxBalance?: bigint | null;
  readonly frozen?: Frozen;
  /** Absent: unchanged. Present: replaces all metadata. */
  readonly metadata?: Metadata;
}

export interface Close {
  readonly op: 'close';
  readonly id: string;
  readonly account: string;
}

export interface Reopen {
  readonly op: 'reopen';
  readonly id: string;
  readonly account: string;
}

/** No entry may be effective on or before this day any more. */
export interface ClosePeriod {
  readonly op: 'close-period';
  readonly id: string;
  /** `YYYY-MM-DD`, UTC. */
  readonly through: string;
}

/** Spends an id that is not used yet, so that a caller can give a command up for certain. */
export interface Cancel {
  readonly op: 'cancel';
  readonly id: string;
}

/** 1 .. 512 commands, all or nothing, decided one by one, each seeing the ones before it. */
export interface Group {
  readonly op: 'group';
  readonly operations: readonly Command[];
}

export const MAX_GROUP_OPERATIONS = 512;
/** Bytes of a group's events as they are stored, 768 KiB. */
export const MAX_GROUP_BYTES = 768 * 1024;
