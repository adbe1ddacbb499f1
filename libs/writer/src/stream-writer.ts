import type { EventStore } from '@mizan/event-store';
import { Alarm } from './alarm.js';
import type { CheckedClock } from './checked-clock.js';
import { WriterFault, notWritten } from './fault.js';
import { OwnStream } from './own-stream.js';
import type { Flush, Origin, Portion, StreamRules } from './stream-rules.js';
import { Submission } from './submission.js';
import { type Waiting, WaitingAsks } from './waiting-asks.js';

/** What any writer needs. */
export interface WriterPorts {
  readonly store: EventStore;
  readonly clock: CheckedClock;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, detail: object) => void;
}

/** What the writers of one process share. */
export interface SharedPorts extends WriterPorts {
  /** Commands that wait, over all streams. */
  readonly waiting: { commands: number };
  /** How many streams are open. */
  readonly open: () => number;
}

/** The stream that is written, and what people call it in messages, in the singular (ledger, payout). */
export interface WrittenStream {
  readonly stream: string;
  readonly uid: string;
  readonly called: string;
}

interface Decided<A, R> extends Waiting<A, R> {
  /** Undefined where whoever asked has been told already. */
  readonly reply: R | WriterFault | undefined;
  /** How many portions of the flush must be durable before this is answered. */
  readonly after: number;
}

/**
 * The single writer of one stream. It decides what waits in its queue one after another in memory, appends the
 * events in groups, and answers only when they are durable: whoever asks at the same time shares one append.
 * What falls due it does of its own accord, as its rules say.
 */
export class StreamWriter<A, R, P extends Portion = Portion> {
  private readonly waiting: WaitingAsks<A, R>;
  private running: Promise<void> | null = null;
  private ended: WriterFault | null = null;
  private readonly stopping = new AbortController();
  private readonly alarm: Alarm;
  private readonly own: OwnStream;
  private isAstray = false;
  /** When the state was last known to end where the stream does, by the monotonic clock, ms. */
  private sureAt: number;
  private durable: number;
  lastUsedAt: number;

  /** @param rules loaded to the end of the stream. */
  constructor(
    private readonly ports: SharedPorts,
    private readonly of: WrittenStream,
    private readonly rules: StreamRules<A, R, P>,
  ) {
    this.waiting = new WaitingAsks(ports.waiting, rules.putOff, (ask) => rules.commandsIn(ask));
    this.own = new OwnStream(ports, of);
    this.alarm = new Alarm(
      ports.clock,
      () => this.isDue(),
      () => void (this.running ??= this.run()),
    );
    this.durable = rules.position;
    this.lastUsedAt = this.sureAt = ports.clock.monotonic();
    this.alarm.set(rules.nextDue, this.sureAt);
  }

  /** The last version known to be durable: nothing decided later has been answered yet. */
  get position(): number {
    return this.durable;
  }

  get hasEnded(): boolean {
    return this.ended !== null;
  }

  get idle(): boolean {
    return this.running === null && this.waiting.isEmpty && this.rules.behind === 0;
  }

  /** Its stream is known to the end, and what follows it is there too. */
  get settled(): boolean {
    return this.running === null && !this.isAstray && this.rules.behind === 0;
  }

  /**
   * Asks several things at once; they are taken in order, others' may come between.
   * @throws WriterFault when the queue is full, the stream cannot be written, or the outcome is not known in time.
   */
  async submit(asks: readonly A[], origin: Origin): Promise<R[]> {
    if (this.ended) throw this.ended;
    if (asks.length === 0) return [];
    this.lastUsedAt = this.ports.clock.monotonic();
    const submission = this.waiting.add(asks, () => new Submission(asks, origin, this.of.called));
    this.running ??= this.run();
    return submission.answered;
  }

  /** Ends it: what waits is refused, what is being written is finished if that is possible within the signal's time. */
  async end(fault: WriterFault, signal?: AbortSignal): Promise<void> {
    this.ended ??= fault;
    this.alarm.silence();
    signal?.addEventListener('abort', () => this.stopping.abort(fault), { once: true });
    this.waiting.refuseAll(this.ended);
    await this.running;
    await this.rules.caughtUp();
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
    else this.alarm.set(this.rules.nextDue, this.sureAt);
  }

  private isDue(): boolean {
    return this.rules.isDue(this.ports.clock.now());
  }

  /** False: nothing can be done at present, and whoever waited for this has been told. */
  private async flush(taken: Waiting<A, R>[]): Promise<boolean> {
    const { rules } = this;
    const refusal = rules.refusal();
    if (refusal !== null) return this.refuseFlush(taken, refusal);
    try {
      await rules.recall(taken.map(({ ask }) => ask));
    } catch (error) {
      return this.refuseFlush(taken, this.unreadable(error));
    }
    // From here to the append nothing is awaited: the moment that is written is the one that was compared.
    const now = this.ports.clock.checkedNow();
    if (now === null) return this.refuseFlush(taken, notWritten(this.ports.clock.complaint()));
    const outcome = this.decideAll(taken, now);
    if (outcome === null) return false;
    const { decided, portions } = outcome;
    const stands = portions.length > 0 ? await this.write(portions, decided) : await this.isAtTheEnd(decided);
    if (!stands) return false;
    rules.trim();
    return portions.length > 0 || decided.length > 0;
  }

  /** Decides in order until the flush is full. What is not decided waits on. Null: a rule failed, which is a bug, and this writer has ended. */
  private decideAll(taken: readonly Waiting<A, R>[], now: number): { decided: Decided<A, R>[]; portions: readonly P[] } | null {
    const { rules, ports, of } = this;
    try {
      const alone = taken.length === 0 && !this.waiting.othersWait;
      const flush = rules.flush({ now, alone, limits: ports.store.limits });
      const decided: Decided<A, R>[] = [];
      const undecided: Waiting<A, R>[] = [];
      for (const waiting of taken) {
        if (waiting.submission.refused) decided.push({ ...waiting, reply: undefined, after: flush.portions.length });
        else if (flush.full || !flush.admits(waiting.ask, waiting.submission)) undecided.push(waiting);
        else decided.push(this.decide(waiting, flush));
      }
      flush.finish();
      this.waiting.putBack(undecided);
      return { decided, portions: flush.portions };
    } catch (bug) {
      ports.log('error', 'A decision failed. Nothing was written; the stream is loaded anew.', { [of.called]: of.uid, error: String(bug) });
      const failed = `The ${of.called} failed at deciding this. Nothing was written.`;
      this.giveUp(taken, new WriterFault('internal_error', failed, { cause: bug }));
      return null;
    }
  }

  private decide(waiting: Waiting<A, R>, flush: Flush<A, R, P>): Decided<A, R> {
    const { ask, submission } = waiting;
    const reply = flush.decide(ask, submission.origin);
    if (!(reply instanceof WriterFault) && this.rules.mayWrite(ask)) submission.hasBegun();
    return { ...waiting, reply, after: flush.portions.length };
  }

  /** Appends one portion after another, and answers what each settles. False: this writer has ended, and whoever still waited has been told. */
  private async write(portions: readonly P[], decided: readonly Decided<A, R>[]): Promise<boolean> {
    let waiting = decided;
    for (const [index, portion] of portions.entries()) {
      const fault = await this.own.append(this.durable, portion, () => this.rules.beforeAppend(portion), this.stopping.signal);
      if (fault !== null) return this.giveUp(waiting, fault);
      this.durable = portion.position;
      this.rules.appended(portion);
      this.answer(waiting.filter(({ after }) => after <= index + 1));
      waiting = waiting.filter(({ after }) => after > index + 1);
    }
    return true;
  }

  private answer(decided: readonly Decided<A, R>[]): void {
    this.sureAt = this.ports.clock.monotonic();
    for (const one of decided) {
      this.waiting.done(one);
      if (one.reply instanceof WriterFault) one.submission.refuse(one.reply);
      else if (one.reply !== undefined) one.submission.answer(one.reply);
    }
  }

  /** Whether what is answered without an append is the last word. False: whoever waited for it has been told. */
  private async isAtTheEnd(decided: readonly Decided<A, R>[]): Promise<boolean> {
    try {
      const fault = await this.own.overtakenSince(this.rules.position);
      if (fault !== null) return this.giveUp(decided, fault);
      this.answer(decided);
      return true;
    } catch (error) {
      return this.refuseFlush(decided, this.unreadable(error));
    }
  }

  private unreadable(error: unknown): WriterFault {
    return notWritten(`The ${this.of.called} cannot be read at the moment.`, error);
  }

  private refuseFlush(taken: readonly Waiting<A, R>[], fault: WriterFault): false {
    this.waiting.refuse(taken, fault);
    this.waiting.refusePutOff(fault);
    return false;
  }

  /** The state is not the stream’s any more: only a writer loaded anew may go on. */
  private giveUp(taken: readonly Waiting<A, R>[], fault: WriterFault): false {
    this.isAstray = true;
    this.ended ??= notWritten(`The ${this.of.called} is being loaded anew.`, fault);
    this.waiting.refuse(taken, fault);
    this.waiting.refuseAll(this.ended);
    return false;
  }
}
