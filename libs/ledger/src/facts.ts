import type { Account } from './account.js';
import type { AccountOpened, CommandEvent } from './events.js';
import type { Hold } from './hold.js';
import type { Posting } from './posting.js';

/** What is true of the ledger as a whole. */
export interface LedgerFacts {
  /** The position of its last event; 0 before LedgerOpened. */
  readonly position: number;
  /** When its last event was recorded, ms since the epoch. */
  readonly recordedAt: number;
  /** The last closed day, `YYYY-MM-DD` (UTC), or null. */
  readonly closedThrough: string | null;
}

/** A journal entry as a reversal needs it. */
export interface Entry {
  readonly id: string;
  readonly postings: readonly Posting[];
  /** What has been reversed of its amount, the sum of its debits. */
  readonly reversed: bigint;
  /** The ids of its reversals, in the order of the journal; of more than MAX_REVERSALS_NAMED the first. */
  readonly reversedBy: readonly string[];
  /** The position of the entry, or of its last reversal. */
  readonly position: number;
}

/** An entry names no more reversals than this; there may be more. */
export const MAX_REVERSALS_NAMED = 1_000;

/**
 * All that a decision may look at. The writer answers from memory; whatever `factsNeeded` names
 * it has loaded before it asks for a decision.
 */
export interface Facts {
  readonly ledger: LedgerFacts;
  account(id: string): Account | undefined;
  /** The event that opened an account: the first answer to its `open`. */
  opening(account: string): AccountOpened | undefined;
  /** The event that spent this command id (all commands except `open`). */
  command(id: string): CommandEvent | undefined;
  /** A hold, open or ended. */
  hold(id: string): Hold | undefined;
  entry(id: string): Entry | undefined;
  /** Decimal places of an asset somebody defined. */
  exponent(asset: string): number | undefined;
}

/** The names of the facts that a decision needs. */
export interface FactsNeeded {
  readonly accounts: readonly string[];
  readonly openings: readonly string[];
  readonly commands: readonly string[];
  /** Ids of holds; where there is such a hold, the command that placed it is needed too. */
  readonly holds: readonly string[];
  readonly entries: readonly string[];
}

/** What an event changes: the records to put in place of the old ones. */
export interface Changes {
  readonly ledger: LedgerFacts;
  readonly accounts: readonly Account[];
  readonly hold: Hold | null;
  /** The entry that was reversed, where it is known. */
  readonly entry: Entry | null;
  /** The event itself, where it opens an account. */
  readonly opening: AccountOpened | null;
  /** The event itself, where it spends a command id. */
  readonly command: CommandEvent | null;
}
