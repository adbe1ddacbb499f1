import type { Account } from './account.js';
import type { AccountOpened, CommandEvent } from './events.js';

/** What is true of the ledger as a whole. */
export interface LedgerFacts {
  /** The position of its last event; 0 before LedgerOpened. */
  readonly position: number;
  /** When its last event was recorded, ms since the epoch. */
  readonly recordedAt: number;
  /** The last closed day, `YYYY-MM-DD` (UTC), or null. */
  readonly closedThrough: string | null;
}

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
  /** Decimal places of an asset somebody defined. */
  exponent(asset: string): number | undefined;
}

/** The names of the facts that a decision needs. */
export interface FactsNeeded {
  readonly accounts: readonly string[];
  readonly openings: readonly string[];
  readonly commands: readonly string[];
}

/** What an event changes: the records to put in place of the old ones. */
export interface Changes {
  readonly ledger: LedgerFacts;
  readonly accounts: readonly Account[];
  /** The event itself, where it opens an account. */
  readonly opening: AccountOpened | null;
  /** The event itself, where it spends a command id. */
  readonly command: CommandEvent | null;
}
