import { WriterFault } from '../fault.js';
import type { LedgerOf } from './unattended-ledgers.js';

/** Ledgers of which it is remembered who writes them. */
const MAX_REMEMBERED = 10_000;

/** Which instance writes a ledger. */
export interface Writing {
  readonly url: string;
  /** Its lease lasts so long unless it is renewed, by the monotonic clock, ms. */
  readonly until: number;
}

/** Another instance writes this ledger: what was asked is for it to answer. Nothing was done with it here. */
export class WrittenElsewhere extends WriterFault {
  constructor(
    readonly ledger: LedgerOf,
    readonly writing: Writing,
  ) {
    super('unavailable', 'Another instance writes this ledger. Nothing was written; send it again.');
    this.name = 'WrittenElsewhere';
  }
}

/** Which ledgers others write, each for as long as its lease is known to last: nobody asks the database again before. */
export class LedgersElsewhere {
  private readonly known = new Map<string, Writing>();

  remember(ledger: string, writing: Writing): void {
    if (this.known.size >= MAX_REMEMBERED) this.known.delete(this.known.keys().next().value!);
    this.known.set(ledger, writing);
  }

  find(ledger: string, now: number): Writing | null {
    const writing = this.known.get(ledger);
    if (!writing) return null;
    if (writing.until > now) return writing;
    this.known.delete(ledger);
    return null;
  }

  forget(ledger: string): void {
    this.known.delete(ledger);
  }
}
