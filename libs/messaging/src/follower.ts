import type { StreamMessage } from '@mizan/contracts';
import { SpanKind } from '@opentelemetry/api';
import type { AppliedOnce } from './applied-once.js';
import { inTraces, tracesOf } from './carried-traces.js';
import { type Feed, FEED_LIMITS } from './feed.js';
import { type KnownKinds, checkKinds, checkedMessage, wholeGroups } from './stream-message.js';
import { type FollowedStream, Heads } from './heads.js';
import { type Log, silent } from './kafka-client.js';
import { FeedEndsBefore, applyNews, confirmed } from './news.js';
import { backoffMs, pause, within } from './patience.js';
import { Denied, Halted, NotApplied, Poison, reasonOf } from './poison.js';

export interface FollowerOptions {
  readonly inbox: Pick<AppliedOnce<never>, 'receive' | 'versions' | 'token' | 'storeToken'>;
  readonly feed: Feed;
  /** The kinds of events that this program understands; it halts at any other. */
  readonly kinds: KnownKinds;
  /** kafka: batches come by `receive`, the feed fills what they leave out. feed: sweeps alone. */
  readonly bus: 'kafka' | 'feed';
  /** Pause between two looks at the feed's heads, ms. */
  readonly sweepMs?: number;
  readonly log?: Log;
}

export interface FollowerStatus {
  readonly state: 'stopped' | 'catching-up' | 'following' | 'halted';
  readonly bus: 'kafka' | 'feed';
  /** Events known to exist and not applied. */
  readonly lag: number;
  /** The streams that moved last, at most 100. */
  readonly streams: readonly FollowedStream[];
  /** When the feed was last compared, RFC 3339; null before the first time. */
  readonly comparedAt: string | null;
  /** The latest failure that is still being tried again. */
  readonly lastError: string | null;
  /** What could not be understood; nothing is applied any more until a restart. */
  readonly halted: string | null;
}

const SWEEP_MS = { kafka: 1_000, feed: 75 } as const;
const MOST_RETRY_MS = 5_000;
const PAGES_PER_SWEEP = 20;
const STREAMS_AT_ONCE = 4;
const GOODBYE_MS = 2_500;

/**
 * Keeps a read model equal to the streams of their owner. Kafka brings news early; the feed says what is true.
 * Every sweep asks the feed which streams moved since the stored token. A stream that is behind and has not moved for a sweep is filled from the feed,
 * and only then does the token move: a lost topic, expired messages or a dead broker cost one sweep and nothing else.
 */
export class Follower {
  private readonly heads = new Heads();
  private readonly log: Log;
  private stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private turn: Promise<unknown> = Promise.resolve();
  private state: 'stopped' | 'catching-up' | 'following' = 'stopped';
  private halted: string | null = null;
  private lastError: string | null = null;
  private comparedAt: string | null = null;

  constructor(private readonly options: FollowerOptions) {
    this.log = options.log ?? silent;
  }

  start(): void {
    if (this.state !== 'stopped') return;
    this.state = 'catching-up';
    this.stopping = new AbortController();
    this.running = this.run(this.stopping.signal);
  }

  /** Within 3 s. A page being applied is finished, or rolled back by the closing of the pool. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await within(GOODBYE_MS, Promise.all([this.running, this.turn]));
    this.state = 'stopped';
  }

  /**
   * Applies a batch from Kafka, gaps and streams that are new filled from the feed first.
   * @throws Denied for a message that the feed does not bear out; any other Poison for an event that the read model refuses: whoever listens
   * to Kafka knows where it lies, and halts this reader. NotApplied when it may succeed later.
   */
  async receive(messages: readonly StreamMessage[]): Promise<void> {
    const { signal } = this.stopping;
    try {
      const { versions, gaps } = await this.inTurn(() => applyNews(this.options.inbox, messages, this.options.kinds));
      const claimed = gaps.map((gap) => [gap.stream, gap.seen] as const);
      this.heads.note(new Map(claimed), versions);
      this.heads.date(messages, versions);
      if (claimed.length > 0) await this.fillClaimed(claimed, signal);
      signal.throwIfAborted();
    } catch (error) {
      throw error instanceof Poison ? error : new NotApplied(error);
    }
  }

  /** Stops applying anything, for the reason given, until the process starts again. */
  halt(reason: string): void {
    if (this.halted !== null) return;
    this.halted = reason;
    this.stopping.abort();
    this.log('error', 'The read model halts', { reason });
  }

  status(): FollowerStatus {
    return {
      state: this.halted === null ? this.state : 'halted',
      bus: this.options.bus,
      lag: this.heads.lag(),
      streams: this.heads.latest(),
      comparedAt: this.comparedAt,
      lastError: this.lastError,
      halted: this.halted,
    };
  }

  /** How old the read model is, seconds: the time since something was recorded that it knows of and does not have; 0 where it has everything. */
  lagSeconds(): number {
    return this.heads.lagSeconds();
  }

  private async run(signal: AbortSignal): Promise<void> {
    const { bus, sweepMs = SWEEP_MS[bus] } = this.options;
    for (let failures = 0; !signal.aborted;) {
      try {
        await this.follow(signal, sweepMs, () => (failures = 0));
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Poison) return this.halt(error.message);
        failures++;
        this.lastError = reasonOf(error);
        this.log('warn', 'The feed could not be followed; it is tried again', { failures, error: this.lastError });
        await pause(backoffMs(failures, sweepMs, MOST_RETRY_MS), signal);
      }
    }
  }

  /** Sweeps from the stored token on, until something fails. */
  private async follow(signal: AbortSignal, sweepMs: number, well: () => void): Promise<void> {
    let token = await this.options.inbox.token();
    while (!signal.aborted) {
      const { noticed, next, atEnd } = await this.notice(token, signal);
      this.comparedAt = new Date().toISOString();
      const atLeisure = atEnd && this.state === 'following';
      const waited = atLeisure && this.options.bus === 'kafka' && (await this.leaveToKafka(noticed, sweepMs, signal));
      await this.fill([...noticed], signal);
      if (signal.aborted) return;
      if (next !== null && next !== token) await this.options.inbox.storeToken(next);
      token = next;
      this.lastError = null;
      well();
      if (atEnd) this.state = 'following';
      if (atLeisure && !waited) await pause(sweepMs, signal);
    }
  }

  /**
   * Gives Kafka its time: until everything noticed has arrived, or some stream that is behind has not moved for a whole sweep.
   * A reader that is slow under load would otherwise fetch a second time what is on its way already.
   * @returns whether there was anything to wait for.
   */
  private async leaveToKafka(noticed: ReadonlyMap<string, number>, sweepMs: number, signal: AbortSignal): Promise<boolean> {
    const streams = [...noticed.keys()];
    let before = await this.options.inbox.versions(streams);
    if (streams.every((stream) => before.get(stream)! >= noticed.get(stream)!)) return false;
    for (let waiting = true; waiting;) {
      await pause(sweepMs, signal);
      if (signal.aborted) break;
      const now = await this.options.inbox.versions(streams);
      const behind = streams.filter((stream) => now.get(stream)! < noticed.get(stream)!);
      waiting = behind.length > 0 && behind.every((stream) => now.get(stream)! > before.get(stream)!);
      before = now;
    }
    return true;
  }

  /** Which streams moved since the token, up to the feed's end or a bounded number of pages. */
  private async notice(
    token: string | null,
    signal: AbortSignal,
  ): Promise<{ noticed: Map<string, number>; next: string | null; atEnd: boolean }> {
    const { feed, inbox } = this.options;
    const noticed = new Map<string, number>();
    for (let page = 0; page < PAGES_PER_SWEEP; page++) {
      const { heads, next, full } = await feed.heads(token, FEED_LIMITS.heads, signal);
      token = next;
      const fresh = highest(heads);
      this.heads.note(fresh, await inbox.versions([...fresh.keys()]));
      for (const [stream, version] of fresh) noticed.set(stream, version);
      // Under load there is always a little more: the end is where a page has room, not where one is empty.
      if (!full) return { noticed, next, atEnd: true };
    }
    return { noticed, next: token, atEnd: false };
  }

  /** Brings streams up to a version from the feed, a few at a time, a page of each per transaction. */
  private async fill(wanted: readonly (readonly [string, number])[], signal: AbortSignal): Promise<void> {
    const applied = await this.options.inbox.versions(wanted.map(([stream]) => stream));
    this.heads.note(new Map(wanted), applied);
    const behind = wanted.filter(([stream, goal]) => applied.get(stream)! < goal);
    for (let start = 0; start < behind.length; start += STREAMS_AT_ONCE) {
      const goals = new Map(behind.slice(start, start + STREAMS_AT_ONCE));
      while (goals.size > 0 && !signal.aborted) {
        const versions = await this.inTurn(() => this.fillPage(goals, signal));
        for (const [stream, goal] of goals) if ((versions.get(stream) ?? 0) >= goal) goals.delete(stream);
      }
    }
  }

  /** What Kafka alone has said counts as missing until the feed has denied it. */
  private async fillClaimed(claimed: readonly (readonly [string, number])[], signal: AbortSignal): Promise<void> {
    try {
      await confirmed(() => this.fill(claimed, signal), signal);
    } catch (error) {
      if (error instanceof Denied) this.heads.forget(await this.options.inbox.versions(claimed.map(([stream]) => stream)));
      throw error;
    }
  }

  private async fillPage(goals: ReadonlyMap<string, number>, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const { feed, inbox, kinds } = this.options;
    const versions = await inbox.versions([...goals.keys()]);
    const behind = [...goals].filter(([stream, goal]) => versions.get(stream)! < goal);
    const pages = await Promise.all(
      behind.map(async ([stream, goal]): Promise<StreamMessage> => {
        const after = versions.get(stream)!;
        const events = await feed.stream(stream, after, FEED_LIMITS.events, signal);
        if (events.length === 0) throw new FeedEndsBefore(stream, after, goal);
        if (events[0]!.version !== after + 1) throw new Error(`The feed gives ${stream}@${events[0]!.version} after ${after}.`);
        const message = checkedMessage({ stream, events });
        checkKinds(message, kinds);
        return { stream, events: wholeGroups(events) };
      }),
    );
    const received = await inTraces(
      'process the feed',
      SpanKind.CONSUMER,
      { 'messaging.operation.type': 'process' },
      () => tracesOf(pages),
      () => inbox.receive(pages),
    );
    const now = new Map([...versions, ...received.versions]);
    this.heads.note(goals, now);
    this.heads.date(pages, now);
    return now;
  }

  /** One batch or page at a time: what a page skips because another has just brought it was not worth fetching. */
  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(() => {
      if (this.halted !== null) throw new Halted(this.halted);
      this.stopping.signal.throwIfAborted();
      return work();
    });
    this.turn = mine.catch(() => {});
    return mine;
  }
}

/** Of each stream the highest version. */
function highest(heads: readonly { readonly stream: string; readonly version: number }[]): Map<string, number> {
  const highest = new Map<string, number>();
  for (const { stream, version } of heads) highest.set(stream, Math.max(version, highest.get(stream) ?? 0));
  return highest;
}
