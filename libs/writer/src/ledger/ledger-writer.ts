import { journalStream } from '@mizan/contracts';
import { type SharedPorts, StreamWriter } from '../stream-writer.js';
import type { Ask, Reply } from './ask.js';
import type { LedgerPortion } from './flush.js';
import type { LedgerRules } from './ledger-rules.js';

/** The single writer of one ledger. */
export class LedgerWriter extends StreamWriter<Ask, Reply, LedgerPortion> {
  constructor(
    ports: SharedPorts,
    uid: string,
    private readonly ledger: LedgerRules,
  ) {
    super(ports, { stream: journalStream(uid), uid, called: 'ledger' }, ledger);
  }

  /** The last day that is closed, as far as it is durable. */
  get closedThrough(): string | null {
    return this.ledger.closedThrough;
  }

  /** Events whose ids the index does not have yet. */
  get unindexed(): number {
    return this.ledger.behind;
  }
}
