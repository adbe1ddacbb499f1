import { journalStream } from '@mizan/contracts';
import type { Book, LedgerFacts } from '@mizan/ledger';
import { WriterFault } from '../fault.js';
import type { FlushTerms, StreamRules } from '../stream-rules.js';
import type { SharedPorts } from '../stream-writer.js';
import { type Ask, type Reply, commandsIn, mayWrite } from './ask.js';
import type { Assets } from './assets.js';
import { Blocked } from './expiring/blocked.js';
import { ExpirySlice } from './expiring/expiry-slice.js';
import { LedgerFlush, type LedgerPortion } from './flush.js';
import type { CommandIds } from './ids/command-ids.js';
import { type IdFollower, MAX_UNINDEXED } from './ids/id-follower.js';
import { Remembered } from './ids/remembered.js';
import type { JournalReader } from './journal-reader.js';
import type { TextsBeside } from './texts.js';

/** Spent commands kept in memory by all ledgers of a process together; the index brings the others back. */
const KEPT_COMMANDS = 5_000;
const MIN_KEPT_COMMANDS = 100;

/** What the writer of a ledger needs beside the ports of any writer. */
export interface LedgerPorts {
  readonly reader: JournalReader;
  readonly texts: TextsBeside;
  readonly ids: CommandIds;
  readonly assets: Assets;
}

/**
 * A ledger's book to its writer. Holds that fall due are expired of the writer's own accord: those on a command's accounts before the
 * command, the others when there is room.
 */
export class LedgerRules implements StreamRules<Ask, Reply, LedgerPortion> {
  readonly putOff = new Blocked();
  private readonly remembered: Remembered;
  private durable: LedgerFacts;

  /** @param book loaded to the end of the journal. */
  constructor(
    private readonly ports: SharedPorts & LedgerPorts,
    private readonly uid: string,
    tenant: string,
    private readonly epoch: number,
    private readonly book: Book,
    private readonly follower: IdFollower,
  ) {
    this.remembered = new Remembered(ports, uid, tenant, book, follower);
    this.durable = book.ledger;
  }

  get position(): number {
    return this.book.ledger.position;
  }

  get closedThrough(): string | null {
    return this.durable.closedThrough;
  }

  get nextDue(): number | null {
    return this.book.nextExpiry;
  }

  get behind(): number {
    return this.follower.unindexed;
  }

  commandsIn(ask: Ask): number {
    return commandsIn(ask);
  }

  mayWrite(ask: Ask): boolean {
    return mayWrite(ask);
  }

  isDue(now: number): boolean {
    const { nextExpiry, ledger } = this.book;
    return nextExpiry !== null && nextExpiry <= Math.max(now, ledger.recordedAt);
  }

  refusal(): WriterFault | null {
    if (this.follower.unindexed <= MAX_UNINDEXED) return null;
    return new WriterFault('overloaded', 'The index of ids is behind. Nothing was written; send it again in a second.');
  }

  recall(asks: readonly Ask[]): Promise<void> {
    return this.remembered.recall(asks);
  }

  flush({ now, alone, limits }: FlushTerms): LedgerFlush {
    const slice = new ExpirySlice(alone, () => this.ports.clock.monotonic());
    // Commands go before: a storm must not take the index's last room.
    const mayExpireMore = this.follower.unindexed < MAX_UNINDEXED / 2;
    return new LedgerFlush({ uid: this.uid, epoch: this.epoch, book: this.book, now, limits }, slice, this.putOff, mayExpireMore);
  }

  /** Words first, so that no event is ever without them. */
  async beforeAppend({ events }: LedgerPortion): Promise<void> {
    const kept = events.flatMap((event) => event.kept ?? []);
    if (kept.length > 0) await this.ports.texts.keep(journalStream(this.uid), kept);
  }

  appended({ indexed, ledger, nextExpiry }: LedgerPortion): void {
    this.durable = ledger;
    this.follower.follow(indexed, ledger.position, { nextExpiry, closedThrough: ledger.closedThrough });
  }

  trim(): void {
    this.remembered.trim(Math.max(MIN_KEPT_COMMANDS, Math.floor(KEPT_COMMANDS / Math.max(1, this.ports.open()))));
  }

  caughtUp(): Promise<void> {
    return this.follower.caughtUp();
  }
}
