import type { EventStore } from '@mizan/event-store';
import type { Book, LedgerFacts } from '@mizan/ledger';
import { Alarm } from './expiring/alarm.js';
import { type Ask, type Origin, type Reply, commandsIn } from './ask.js';
import type { Assets } from './assets.js';
import type { CheckedClock } from './checked-clock.js';
import type { CommandIds } from './ids/command-ids.js';
import { WriterFault, notWritten } from './fault.js';
import { ExpirySlice } from './expiring/expiry-slice.js';
import { Flush, type Portion } from './flush.js';
import { type IdFollower, MAX_UNINDEXED } from './ids/id-follower.js';
import type { JournalReader } from './journal-reader.js';
import { OwnJournal } from './own-journal.js';
import { Remembered } from './ids/remembered.js';
import { Submission } from './submission.js';
import type { TextsBeside } from './texts.js';
import { type Waiting, WaitingAsks } from './waiting-asks.js';

/** What every writer of this process shares. */
export interface WriterPorts {
  readonly store: EventStore;
  readonly reader: JournalReader;
  readonly texts: TextsBeside;
  readonly ids: CommandIds;
  readonly assets: Assets;
  readonly clock: CheckedClock;
  /** Commands that wait, over all ledgers. */
  readonly waiting: { commands: number };
  /** How many spent commands one ledger may keep in memory. */
  readonly keptCommands: () => number;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, detail: object) => void;
}

interface Decided extends Waiting {
  readonly reply: Reply | WriterFault;
  /** How many portions of the flush must be durable before this is answered. */
  readonly after: number;
}

const neverOpened = (): WriterFault =>
  new WriterFault('ledger_not_found', 'The ledger was never opened. Create it with PUT /v1/ledgers/{ledger}.');

/**
 * The single writer of one ledger. It decides what waits in its queue one after another in memory, appends the
 * events in groups, and answers only when they are durable: whoever asks at the same time shares one commit.
 * Holds that fall due it expires by itself: those on a command's accounts before the command, the others when there is room.
 */
export class LedgerWriter {
  private readonly waiting: WaitingAsks;
  private running: Promise<void> | null = null;
  private ended: WriterFault | null = null;
  private readonly stopping = new AbortController();
  private readonly alarm: Alarm;
  private readonly journal: OwnJournal;
  private bookIsAstray = false;
  /** When the book was last known to end where the journal does, by the monotonic clock, ms. */
  private sureAt: number;
  private readonly remembered: Remembered;
  private durable: LedgerFacts;
  lastUsedAt: number;

  /** @param book loaded to the end of the journal. */
  constructor(
    private readonly ports: WriterPorts,
    readonly uid: string,
    tenant: string,
    private readonly epoch: number,
    private readonly book: Book,
    private readonly follower: IdFollower,
  ) {
    this.waiting = new WaitingAsks(ports.waiting);
    this.remembered = new Remembered(ports, uid, tenant, book, follower);
    this.journal = new OwnJournal(ports, uid);
    this.alarm = new Alarm(
      ports.clock,
      () => this.isDue(),
      () => void (this.running ??= this.run()),
    );
    this.durable = book.ledger;
    this.lastUsedAt = this.sureAt = ports.clock.monotonic();
    this.alarm.set(book.nextExpiry, this.sureAt);
  }

  /** The last position known to be durable: nothing decided later has been answered yet. */
  get position(): number {
    return this.durable.position;
  }

  get closedThrough(): string | null {
    return this.durable.closedThrough;
  }

  get hasEnded(): boolean {
    return this.ended !== null;
  }

  get idle(): boolean {
    return this.running === null && this.waiting.isEmpty && this.follower.unindexed === 0;
  }

  /** Its journal is known to the end, and the index has followed it there. */
  get settled(): boolean {
    return this.running === null && !this.bookIsAstray && this.follower.unindexed === 0;
  }

  /** Events whose ids the index does not have yet. */
  get unindexed(): number {
    return this.follower.unindexed;
  }

  /**
   * Asks several things at once; they are taken in order, others' may come between.
   * @throws WriterFault when the queue is full, the ledger cannot be written, or the outcome is not known in time.
   */
  async submit<A extends Ask>(asks: readonly A[], origin: Origin): Promise<Reply<A>[]> {
    if (this.ended) throw this.ended;
    if (asks.length === 0) return [];
    this.lastUsedAt = this.ports.clock.monotonic();
    this.waiting.makeRoomFor(asks.reduce((sum, ask) => sum + commandsIn(ask), 0));
    const submission = new Submission(asks, origin);
    this.waiting.add(submission);
    this.running ??= this.run();
    return submission.answered as Promise<Reply<A>[]>;
  }

  /** Ends it: what waits is refused, what is being written is finished if that is possible within the signal's time. */
  async end(fault: WriterFault, signal?: AbortSignal): Promise<void> {
    this.ended ??= fault;
    this.alarm.silence();
    signal?.addEventListener('abort', () => this.stopping.abort(fault), { once: true });
    this.waiting.refuseAll(this.ended);
    await this.running;
    await this.follower.caughtUp();
  }

  /** Lets what waits be written, then ends. */
  async drain(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.stopping.abort(signal.reason), { once: true });
    while (this.running && !signal.aborted) await this.running;
    await this.end(notWritten('This service is stopping.'), signal);
  }

  private async run(): Promise<void> {
    // One turn of the loop lets everything that has already arrived share the first flush.
    await new Promise(setImmediate);
    let able = this.ended === null && (await this.flush(this.waiting.next()));
    while (this.ended === null && (!this.waiting.isEmpty || (able && this.isDue()))) able = await this.flush(this.waiting.next());
    this.running = null;
    if (this.ended) this.waiting.refuseAll(this.ended);
    else this.alarm.set(this.book.nextExpiry, this.sureAt);
  }

  private isDue(): boolean {
    const { nextExpiry, ledger } = this.book;
    return nextExpiry !== null && nextExpiry <= Math.max(this.ports.clock.now(), ledger.recordedAt);
  }

  /** False: nothing can be done at present, and whoever waited for this has been told. */
  private async flush(taken: Waiting[]): Promise<boolean> {
    if (this.follower.unindexed > MAX_UNINDEXED)
      return this.refuseFlush(
        taken,
        new WriterFault('overloaded', 'The index of ids is behind. Nothing was written; send it again in a second.'),
      );
    try {
      await this.remembered.recall(taken.map(({ ask }) => ask));
    } catch (error) {
      return this.refuseFlush(taken, notWritten('The ledger cannot be read at the moment.', error));
    }
    // From here to the append nothing is awaited: the moment that is written is the one that was compared.
    const now = this.ports.clock.checkedNow();
    if (now === null) return this.refuseFlush(taken, notWritten(this.ports.clock.complaint()));
    const slice = new ExpirySlice(taken.length === 0 && !this.waiting.othersWait, () => this.ports.clock.monotonic());
    const flush = new Flush(this.uid, this.epoch, this.book, now, slice, this.ports.store.limits);
    const decided = this.decideAll(taken, flush);
    if (decided === null) return false;
    const { portions } = flush;
    const stands = portions.length > 0 ? await this.write(portions, decided) : await this.isAtTheEnd(decided);
    if (!stands) return false;
    this.remembered.trim(this.ports.keptCommands());
    return portions.length > 0 || decided.length > 0;
  }

  /**
   * Decides in order until the flush is full; who waits for expiries has its share before, and what else is due is expired
   * after. What is not decided waits on. Null: a rule failed, which is a bug, and this writer has ended.
   */
  private decideAll(taken: readonly Waiting[], flush: Flush): Decided[] | null {
    const decided: Decided[] = [];
    const undecided: Waiting[] = [];
    const { blocked } = this.waiting;
    try {
      blocked.serve(flush);
      for (const waiting of taken) {
        const { ask, submission } = waiting;
        const after = flush.portions.length;
        if (submission.refused) decided.push({ ...waiting, reply: null, after });
        else if (this.book.ledger.position === 0 && ask.kind !== 'open-ledger') decided.push({ ...waiting, reply: neverOpened(), after });
        else if (flush.full || blocked.has(submission)) undecided.push(waiting);
        else if (!blocked.letPass(submission, flush.accountsToClear(ask), flush)) undecided.push(waiting);
        else {
          if (ask.kind === 'hold') flush.clear(flush.accountsOfDue(ask.id));
          const reply = flush.decide(ask, submission.origin);
          decided.push({ ...waiting, reply, after: flush.portions.length });
          submission.decided(ask);
        }
      }
      // Commands go before: a storm must not take the index's last room.
      if (this.follower.unindexed < MAX_UNINDEXED / 2) {
        blocked.serveWithTheRest(flush);
        flush.clearWithTheRest();
      }
      this.waiting.putBack(undecided);
      return decided;
    } catch (bug) {
      this.ports.log('error', 'A decision failed. Nothing was written; the ledger is loaded anew.', {
        ledger: this.uid,
        error: String(bug),
      });
      this.giveUp(taken, new WriterFault('internal_error', 'The ledger failed at deciding this. Nothing was written.', { cause: bug }));
      return null;
    }
  }

  /** Appends one portion after another, and answers what each settles. False: this writer has ended, and whoever still waited has been told. */
  private async write(portions: readonly Portion[], decided: readonly Decided[]): Promise<boolean> {
    let waiting = decided;
    for (const [index, { events, indexed, ledger, nextExpiry }] of portions.entries()) {
      const fault = await this.journal.append(this.durable.position, events, this.stopping.signal);
      if (fault !== null) return this.giveUp(waiting, fault);
      this.durable = ledger;
      this.follower.follow(indexed, ledger.position, { nextExpiry, closedThrough: ledger.closedThrough });
      this.answer(waiting.filter(({ after }) => after <= index + 1));
      waiting = waiting.filter(({ after }) => after > index + 1);
    }
    return true;
  }

  private answer(decided: readonly Decided[]): void {
    this.sureAt = this.ports.clock.monotonic();
    for (const one of decided) {
      this.waiting.done(one);
      if (one.reply instanceof WriterFault) one.submission.refuse(one.reply);
      else one.submission.answer(one.reply);
    }
  }

  /** Whether what is answered without an append is the last word. False: whoever waited for it has been told. */
  private async isAtTheEnd(decided: readonly Decided[]): Promise<boolean> {
    try {
      const fault = await this.journal.overtakenSince(this.book.ledger.position);
      if (fault !== null) return this.giveUp(decided, fault);
      this.answer(decided);
      return true;
    } catch (error) {
      return this.refuseFlush(decided, notWritten('The ledger cannot be read at the moment.', error));
    }
  }

  private refuseFlush(taken: readonly Waiting[], fault: WriterFault): false {
    this.waiting.refuse(taken, fault);
    this.waiting.refuseBlocked(fault);
    return false;
  }

  /** The book is not the journal’s any more: only a writer loaded anew may go on. */
  private giveUp(taken: readonly Waiting[], fault: WriterFault): false {
    this.bookIsAstray = true;
    this.ended ??= notWritten('The ledger is being loaded anew.', fault);
    this.waiting.refuse(taken, fault);
    this.waiting.refuseAll(this.ended);
    return false;
  }
}
