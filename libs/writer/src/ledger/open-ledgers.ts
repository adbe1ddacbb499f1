import type { Leases } from '../ownership/leases.js';
import { type OpenBounds, StreamWriters, type WrittenKind } from '../ownership/stream-writers.js';
import type { StreamOf, UnattendedStreams } from '../ownership/unattended-streams.js';
import type { Origin } from '../stream-rules.js';
import type { WriterPorts } from '../stream-writer.js';
import type { Ask, Reply } from './ask.js';
import type { LedgerPortion } from './flush.js';
import type { LedgerPorts } from './ledger-rules.js';
import type { LedgerWriter } from './ledger-writer.js';
import { loadLedger } from './load-ledger.js';

/** What must be known of a ledger to write it. */
export type LedgerOf = StreamOf;

/** Ledgers that nobody writes at present, and in which a hold has fallen due, or whose last writer did not end as it should. */
export type UnattendedLedgers = UnattendedStreams<LedgerOf>;

/** The ledgers that this process writes. */
export class OpenLedgers extends StreamWriters<Ask, Reply, LedgerWriter, LedgerOf, LedgerPortion> {
  constructor(ports: WriterPorts & LedgerPorts, leases: Leases, unattended: UnattendedLedgers, bounds?: OpenBounds) {
    const load: WrittenKind<LedgerWriter>['load'] = (shared, lease, { tenant }, signal) =>
      loadLedger({ ...ports, ...shared }, lease, tenant, signal);
    super({ called: 'ledger', load }, ports, leases, unattended, bounds);
  }

  override ask<A extends Ask>(ledger: LedgerOf, asks: readonly A[], origin: Origin): Promise<Reply<A>[]> {
    return super.ask(ledger, asks, origin) as Promise<Reply<A>[]>;
  }

  /** What a health page says of the writers. @throws when they cannot write at present. */
  health(): Readonly<Record<string, number>> {
    const { open, queuedCommands, clockDriftMs } = this.readiness();
    const unindexed = this.writers.reduce((sum, writer) => sum + writer.unindexed, 0);
    return { openLedgers: open, queuedCommands, unindexed, clockDriftMs };
  }
}
