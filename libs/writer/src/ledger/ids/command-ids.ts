import type { LedgerEvent } from '@mizan/ledger';

/**
 * The durable index of a journal: ids live for ever, memory does not. It knows which event spent a command id, and
 * which events changed a hold or reversed an entry later.
 */
export interface CommandIds {
  /** The positions of those of `ids` that the index knows. */
  positions(ledger: string, ids: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** What became of those of these holds and entries of which anything became. */
  effects(ledger: string, ids: readonly string[]): Promise<ReadonlyMap<string, LaterEffects>>;
  followed(ledger: string): Promise<Followed>;
  /** Adds entries and moves `through`, in one transaction. Adding again changes nothing. */
  add(ledger: string, entries: readonly IndexEntry[], through: number, standing: Standing): Promise<void>;
}

/** What one event adds to the index. */
export interface IndexEntry {
  readonly position: number;
  /** The command id it spent, or null. */
  readonly spent: string | null;
  /** The hold it changed, or the entry it reversed (then `by` is the reversal's id), or null. */
  readonly later: { readonly id: string; readonly by: string | null } | null;
}

export interface LaterEffects {
  /** The position of the last one. */
  readonly last: number;
  /** Of an entry: the ids of its reversals in the order of the journal, the first MAX_REVERSALS_NAMED. */
  readonly by: readonly string[];
}

/** How far the index has followed a journal, 0 before the first event; and the last closed day, there or a little later. */
export interface Followed {
  readonly through: number;
  readonly closedThrough: string | null;
}

/** What must be known of a ledger that nobody has in memory, as of the end of its journal. */
export interface Standing {
  /** The earliest expiry of an open hold, ms since the epoch, or null. */
  readonly nextExpiry: number | null;
  readonly closedThrough: string | null;
}

export function indexEntry(event: LedgerEvent): IndexEntry | null {
  const { position, type } = event;
  switch (type) {
    case 'LedgerOpened':
    case 'AccountOpened':
      return null;
    case 'HoldExpired':
      return { position, spent: null, later: { id: event.hold.id, by: null } };
    case 'HoldCaptured':
    case 'HoldReleased':
      return { position, spent: event.command.id, later: { id: event.hold.id, by: null } };
    case 'EntryPosted': {
      const { command } = event;
      return { position, spent: command.id, later: command.op === 'reverse' ? { id: command.entry, by: command.id } : null };
    }
    default:
      return { position, spent: event.command.id, later: null };
  }
}
