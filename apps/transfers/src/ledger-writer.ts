import { type EncodedEvent, encodeEvent, journalStream } from '@mizan/contracts';
import { AppendRefused, type EventStore } from '@mizan/event-store';
import {
  type Answer,
  Book,
  type Command,
  type CommandEvent,
  type Decision,
  type Group,
  type GroupAnswer,
  type LedgerEvent,
  MAX_GROUP_BYTES,
  decide,
  decideGroup,
  factsNeeded,
  groupTooLarge,
  openLedger,
} from '@mizan/ledger';
import { randomUUID } from 'node:crypto';
import { appendDurably } from './append-durably.js';
import type { Assets } from './assets.js';
import type { CheckedClock } from './checked-clock.js';
import type { CommandIds } from './command-ids.js';
import { eventId } from './event-id.js';
import { WriterFault, notWritten, unknownOutcome } from './fault.js';
import { type IdFollower, MAX_UNINDEXED } from './id-follower.js';
import type { JournalReader } from './journal-reader.js';
import type { TextsBeside } from './texts.js';

/** What one flush may hold; a group is never split, so the last one may pass the bound by its own size. */
const MAX_FLUSH_COMMANDS = 1_000;
const MAX_FLUSH_BYTES = 1024 * 1024;
/** Commands waiting for one ledger. Past it: 503, never a longer queue. */
export const MAX_QUEUED_COMMANDS = 20_000;
/** How long a caller waits for an answer before it is told that the outcome is unknown, ms. */
const ANSWER_DEADLINE_MS = 10_000;

/** One thing asked of a ledger. */
export type Ask =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'group'; readonly group: Group }
  /** The event that spent a command id, once it is durable. */
  | { readonly kind: 'lookup'; readonly id: string }
  | { readonly kind: 'open-ledger'; readonly tenant: string; readonly ledger: string; readonly name: string };

export type Reply<A extends Ask = Ask> = A extends { kind: 'command' }
  ? Answer
  : A extends { kind: 'group' }
    ? GroupAnswer
    : A extends { kind: 'lookup' }
      ? CommandEvent | null
      : LedgerReply;

export interface LedgerReply {
  readonly created: boolean;
}

/** Who asks, as it will stand in the events. */
export interface Origin {
  readonly actor: string;
  readonly correlation: string | null;
  readonly traceparent: string | null;
}

/** What every writer of this process shares. */
export interface WriterPorts {
  readonly store: EventStore;
  readonly reader: JournalReader;
  readonly texts: TextsBeside;
  readonly ids: CommandIds;
  readonly assets: Assets;
  readonly clock: CheckedClock;
  /** How many spent commands one ledger may keep in memory. */
  readonly keptCommands: () => number;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, detail: object) => void;
}

interface Waiting {
  readonly ask: Ask;
  readonly origin: Origin;
  readonly commands: number;
  readonly answer: (reply: Reply) => void;
  readonly fail: (fault: WriterFault) => void;
}

/**
 * The single writer of one ledger. It decides what waits in its queue one after another in memory, appends the
 * events in groups, and answers only when they are durable: whoever asks at the same time shares one commit.
 */
export class LedgerWriter {
  private readonly queue: Waiting[] = [];
  private queuedCommands = 0;
  private running: Promise<void> | null = null;
  private ended: WriterFault | null = null;
  private readonly stopping = new AbortController();
  lastUsedAt: number;

  constructor(
    private readonly ports: WriterPorts,
    readonly uid: string,
    private readonly tenant: string,
    private readonly epoch: number,
    private readonly book: Book,
    private readonly follower: IdFollower,
  ) {
    this.lastUsedAt = ports.clock.monotonic();
  }

  /** The last position known to be durable: nothing decided later has been answered yet. */
  get position(): number {
    return this.durable.position;
  }

  get closedThrough(): string | null {
    return this.durable.closedThrough;
  }

  get idle(): boolean {
    return this.running === null && this.queue.length === 0 && this.follower.unindexed === 0;
  }

  get queued(): number {
    return this.queuedCommands;
  }

  private durable: { readonly position: number; readonly closedThrough: string | null } = { position: 0, closedThrough: null };

  /** Takes up service with a book that has been loaded to the end of the journal. */
  begin(): this {
    this.durable = this.book.ledger;
    return this;
  }

  /**
   * Asks several things at once; they are taken in order, others' may come between.
   * @throws WriterFault when the queue is full, the ledger cannot be written, or the outcome is not known in time.
   */
  async submit<A extends Ask>(asks: readonly A[], origin: Origin): Promise<Reply<A>[]> {
    if (this.ended) throw this.ended;
    if (asks.length === 0) return [];
    const commands = asks.reduce((sum, ask) => sum + weight(ask), 0);
    if (this.queuedCommands + commands > MAX_QUEUED_COMMANDS)
      throw new WriterFault('overloaded', `This ledger has ${this.queuedCommands} commands waiting. Send it again in a second.`);
    this.lastUsedAt = this.ports.clock.monotonic();
    return new Promise((resolve, reject) => {
      const replies = new Array<Reply<A>>(asks.length);
      let open = asks.length;
      const deadline = setTimeout(() => reject(unknownOutcome()), ANSWER_DEADLINE_MS);
      const fail = (fault: WriterFault): void => {
        clearTimeout(deadline);
        // What was asked before it in the same breath may be written already.
        reject(open < asks.length ? unknownOutcome(fault) : fault);
      };
      asks.forEach((ask, i) => {
        const answer = (reply: Reply): void => {
          replies[i] = reply as Reply<A>;
          if (--open > 0) return;
          clearTimeout(deadline);
          resolve(replies);
        };
        this.queue.push({ ask, origin, commands: weight(ask), answer, fail });
      });
      this.queuedCommands += commands;
      this.running ??= this.run();
    });
  }

  /** Ends it: what waits is refused, what is being written is finished if that is possible within the signal's time. */
  async end(fault: WriterFault, signal?: AbortSignal): Promise<void> {
    this.ended ??= fault;
    signal?.addEventListener('abort', () => this.stopping.abort(fault), { once: true });
    this.refuseWaiting(this.ended);
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
    try {
      while (this.queue.length > 0 && this.ended === null) {
        if (this.follower.unindexed > MAX_UNINDEXED) await this.follower.caughtUp();
        await this.flush(this.next());
      }
    } finally {
      this.running = null;
    }
  }

  /** The head of the queue, as much as one flush may hold. */
  private next(): Waiting[] {
    let commands = 0;
    let count = 0;
    while (count < this.queue.length && (count === 0 || commands + this.queue[count]!.commands <= MAX_FLUSH_COMMANDS))
      commands += this.queue[count++]!.commands;
    return this.queue.splice(0, count);
  }

  private async flush(taken: Waiting[]): Promise<void> {
    const { clock } = this.ports;
    if (!clock.trusted()) return this.refuse(taken, clockFault(clock.drift()));
    try {
      await this.loadFacts(taken);
    } catch (error) {
      return this.refuse(taken, notWritten('The ledger cannot be read at the moment.', error));
    }
    const expected = this.book.ledger.position;
    const written = this.decideAll(taken);
    if (written === null) return;
    const undecided = taken.slice(written.replies.length);
    if (undecided.length > 0) this.queue.unshift(...undecided);
    if (written.events.length > 0 && !(await this.write(expected, written, taken.slice(0, written.replies.length)))) return;
    this.durable = this.book.ledger;
    if (written.spent.length > 0 || written.events.length > 0) this.follower.follow(written.spent, this.durable.position);
    written.replies.forEach((reply, i) => {
      this.queuedCommands -= taken[i]!.commands;
      taken[i]!.answer(reply);
    });
    this.trim();
  }

  /** Decides in order until the flush is full; the book runs ahead of the journal until the append is known. Null: a rule failed. */
  private decideAll(taken: readonly Waiting[]): Flush | null {
    const now = this.ports.clock.now();
    const flush: Flush = { replies: [], events: [], spent: [], bytes: 0 };
    try {
      for (const { ask, origin } of taken) {
        if (flush.bytes >= MAX_FLUSH_BYTES) break;
        flush.replies.push(this.decideOne(ask, origin, now, flush));
      }
      return flush;
    } catch (bug) {
      this.ports.log('error', 'A decision failed. Nothing was written; the ledger is loaded anew.', {
        ledger: this.uid,
        error: String(bug),
      });
      this.giveUp(taken, notWritten('The ledger could not decide this.', bug));
      return null;
    }
  }

  private decideOne(ask: Ask, origin: Origin, now: number, flush: Flush): Reply {
    switch (ask.kind) {
      case 'lookup':
        return this.book.command(ask.id) ?? null;
      case 'open-ledger': {
        if (this.book.ledger.position > 0) return { created: false };
        this.take([openLedger(this.book, ask, now)], origin, flush);
        return { created: true };
      }
      case 'command':
        return this.carryOut(decide(this.book, ask.command, now), origin, flush);
      case 'group': {
        const decision = decideGroup(this.book, ask.group, now);
        const encoded = this.encode(decision.events, origin);
        const bytes = bytesOf(encoded);
        if (decision.answer.status === 'applied' && bytes > MAX_GROUP_BYTES) return groupTooLarge(ask.group, bytes);
        this.take(decision.events, origin, flush, encoded);
        return decision.answer;
      }
    }
  }

  private carryOut<A extends Answer | GroupAnswer>(decision: Decision<A>, origin: Origin, flush: Flush): A {
    this.take(decision.events, origin, flush);
    return decision.answer;
  }

  private take(events: readonly LedgerEvent[], origin: Origin, flush: Flush, encoded = this.encode(events, origin)): void {
    flush.events.push(...encoded);
    flush.bytes += bytesOf(encoded);
    for (const event of events) {
      this.book.apply(event);
      if (event.type !== 'LedgerOpened' && event.type !== 'AccountOpened')
        flush.spent.push({ id: event.command.id, position: event.position });
    }
  }

  private encode(events: readonly LedgerEvent[], origin: Origin): EncodedEvent[] {
    return events.map((event) =>
      encodeEvent(event, {
        eventId: eventId(this.uid, this.epoch, event),
        stream: journalStream(this.uid),
        actor: origin.actor,
        correlation: origin.correlation,
        causation: null,
        traceparent: origin.traceparent,
        salt: () => randomUUID().replaceAll('-', ''),
      }),
    );
  }

  /** Makes the flush durable: words first, so that no event is ever without them. False: this writer has ended. */
  private async write(expected: number, flush: Flush, taken: readonly Waiting[]): Promise<boolean> {
    const { store, texts, log } = this.ports;
    const events = flush.events.map(({ text }) => text);
    const kept = flush.events.flatMap(({ kept }) => kept ?? []);
    const onUnknown = (error: unknown): void =>
      log('warn', 'The outcome of an append is unknown; the stream will settle it.', { ledger: this.uid, expected, error: String(error) });
    let begun = false;
    try {
      if (kept.length > 0) await texts.keep(this.uid, kept);
      begun = true;
      if ((await appendDurably(store, journalStream(this.uid), expected, events, this.stopping.signal, onUnknown)) === 'ours') return true;
      log('warn', 'Another writer has appended to this journal; dropping the state and loading it anew.', { ledger: this.uid, expected });
      return this.giveUp(taken, notWritten('Another writer has taken this ledger over.'));
    } catch (error) {
      // The book is ahead of the journal now: only a writer loaded anew may go on.
      if (!begun || error instanceof AppendRefused)
        return this.giveUp(taken, notWritten('The ledger cannot be written at the moment.', error));
      return this.giveUp(taken, unknownOutcome(error));
    }
  }

  private giveUp(taken: readonly Waiting[], fault: WriterFault): false {
    this.ended ??= notWritten('The ledger is being loaded anew.', fault);
    this.refuse(taken, fault);
    this.refuseWaiting(this.ended);
    return false;
  }

  private refuse(taken: readonly Waiting[], fault: WriterFault): void {
    for (const { commands, fail } of taken) {
      this.queuedCommands -= commands;
      fail(fault);
    }
  }

  private refuseWaiting(fault: WriterFault): void {
    this.refuse(this.queue.splice(0), fault);
  }

  get hasEnded(): boolean {
    return this.ended !== null;
  }

  /** Brings into memory what the decisions need and memory no longer has. */
  private async loadFacts(taken: readonly Waiting[]): Promise<void> {
    const ids = new Set<string>();
    const positions = new Set<number>();
    const assets = new Set<string>();
    for (const { ask } of taken) {
      if (ask.kind === 'lookup') ids.add(ask.id);
      if (ask.kind !== 'command' && ask.kind !== 'group') continue;
      const asked = ask.kind === 'group' ? ask.group : ask.command;
      const needed = factsNeeded(asked);
      for (const id of needed.commands) ids.add(id);
      for (const id of needed.openings) {
        const account = this.book.account(id);
        if (account && !this.book.opening(id)) positions.add(account.openedPosition);
      }
      for (const command of asked.op === 'group' ? asked.operations : [asked]) if (command.op === 'open') assets.add(command.asset);
    }
    const unknown = [...ids].filter((id) => !this.book.command(id));
    if (unknown.length > 0 && this.follower.through > 0)
      for (const position of (await this.ports.ids.positions(this.uid, unknown)).values()) positions.add(position);
    if (positions.size > 0) for (const event of (await this.ports.reader.at(this.uid, [...positions])).values()) this.recall(event);
    for (const asset of assets) await this.ports.assets.know(this.tenant, asset);
  }

  /** Puts an earlier event back where decisions look for it. */
  private recall(event: LedgerEvent): void {
    if (event.type === 'AccountOpened') this.book.openings.set(event.account.id, event);
    else if (event.type !== 'LedgerOpened') this.book.commands.set(event.command.id, event);
  }

  /** Forgets the oldest spent commands that the index can bring back. */
  private trim(): void {
    const keep = this.ports.keptCommands();
    for (const memory of [this.book.commands, this.book.openings])
      for (const [id, event] of memory) {
        if (memory.size <= keep || event.position > this.follower.through) break;
        memory.delete(id);
      }
  }
}

interface Flush {
  readonly replies: Reply[];
  readonly events: EncodedEvent[];
  readonly spent: { readonly id: string; readonly position: number }[];
  bytes: number;
}

const weight = (ask: Ask): number => (ask.kind === 'group' ? ask.group.operations.length : 1);
const bytesOf = (encoded: readonly EncodedEvent[]): number => encoded.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);

function clockFault(drift: number | null): WriterFault {
  return new WriterFault(
    'unavailable',
    drift === null
      ? 'The clock has not been compared with the database yet. Nothing was written; send it again.'
      : `The clock is ${Math.round(drift)} ms away from the database's; nothing is written until they agree within 2 s. Set the clock, then send it again.`,
  );
}
