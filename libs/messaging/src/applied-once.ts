import type { FedEvent, StreamMessage } from '@mizan/contracts';
import type pg from 'pg';
import { Poison } from './poison.js';

/** What a read model makes of events. */
export interface Projection<Transaction = pg.PoolClient> {
  /**
   * Writes the effect of events that follow the last ones without a gap, in the transaction given.
   * @throws Poison (or any error that is not the store's) for what it cannot understand: the follower halts.
   */
  apply(transaction: Transaction, stream: string, events: readonly FedEvent[]): Promise<void>;
}

/** Where a read model keeps, beside itself, how far it has come. */
export interface Progress<Transaction> {
  /** Runs the work in one transaction: all of it is kept, or nothing. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Locks these streams for the transaction, in one order for all instances, and reads their last versions; 0 where none was applied. */
  lock(transaction: Transaction, streams: readonly string[]): Promise<Map<string, number>>;
  advance(transaction: Transaction, versions: ReadonlyMap<string, number>): Promise<void>;
  /** The last version applied, of each stream asked for; 0 where none was. */
  versions(streams: readonly string[]): Promise<Map<string, number>>;
  /** The place in the feed up to which everything is applied; null before the first. */
  token(): Promise<string | null>;
  /** Only once everything up to the token is applied. */
  storeToken(token: string): Promise<void>;
}

/** Events that are missing before ones already seen. */
export interface Gap {
  readonly stream: string;
  /** The last version applied, and the last one seen. */
  readonly applied: number;
  readonly seen: number;
}

export interface Received {
  /** The last version now applied, of each stream of the batch. */
  readonly versions: ReadonlyMap<string, number>;
  readonly gaps: readonly Gap[];
}

const EVENTS_PER_TRANSACTION = 2_000;

/** Applies events once: the effect and the last version seen per stream are one transaction, so a repeat changes nothing. */
export class AppliedOnce<Transaction> {
  /** @param eventsPerTransaction the events after which a transaction ends, with the message that reaches them. */
  constructor(
    private readonly progress: Progress<Transaction>,
    private readonly projection: Projection<Transaction>,
    private readonly eventsPerTransaction = EVENTS_PER_TRANSACTION,
  ) {}

  /**
   * Applies what is new and contiguous, in bounded transactions; what lies behind a gap is left out and reported.
   * Messages may come repeated, shuffled, and to several instances at once.
   */
  async receive(messages: readonly StreamMessage[]): Promise<Received> {
    const versions = new Map<string, number>();
    const gaps = new Map<string, Gap>();
    for (const portion of this.portions(messages)) {
      const seen = byStream(portion);
      for (const [stream, applied] of await this.apply(seen)) {
        versions.set(stream, applied);
        const last = Math.max(seen.get(stream)!.at(-1)!.version, gaps.get(stream)?.seen ?? 0);
        if (last > applied) gaps.set(stream, { stream, applied, seen: last });
        else gaps.delete(stream);
      }
    }
    return { versions, gaps: [...gaps.values()] };
  }

  versions(streams: readonly string[]): Promise<Map<string, number>> {
    return this.progress.versions(streams);
  }

  token(): Promise<string | null> {
    return this.progress.token();
  }

  storeToken(token: string): Promise<void> {
    return this.progress.storeToken(token);
  }

  private async apply(seen: ReadonlyMap<string, readonly FedEvent[]>): Promise<Map<string, number>> {
    const { progress, projection } = this;
    return progress.transaction(async (transaction) => {
      const versions = await progress.lock(transaction, [...seen.keys()]);
      const moved = new Map<string, number>();
      for (const [stream, events] of seen) {
        const next = contiguousAfter(versions.get(stream)!, events);
        if (next.length === 0) continue;
        await understood(stream, next, () => projection.apply(transaction, stream, next));
        moved.set(stream, next.at(-1)!.version);
      }
      if (moved.size > 0) await progress.advance(transaction, moved);
      return new Map([...versions, ...moved]);
    });
  }

  /** Whole messages, so that no group is cut: a transaction ends after the message that reaches its bound. */
  private *portions(messages: readonly StreamMessage[]): Generator<StreamMessage[]> {
    let portion: StreamMessage[] = [];
    let events = 0;
    for (const message of messages) {
      portion.push(message);
      events += message.events.length;
      if (events < this.eventsPerTransaction) continue;
      yield portion;
      portion = [];
      events = 0;
    }
    if (portion.length > 0) yield portion;
  }
}

/** The events of each stream in the order of their versions, each once. */
export function byStream(messages: readonly StreamMessage[]): Map<string, readonly FedEvent[]> {
  const streams = new Map<string, Map<number, FedEvent>>();
  for (const { stream, events } of messages) {
    const seen = streams.get(stream) ?? new Map<number, FedEvent>();
    for (const event of events) if (!seen.has(event.version)) seen.set(event.version, event);
    streams.set(stream, seen);
  }
  return new Map([...streams].map(([stream, seen]) => [stream, [...seen.values()].sort((a, b) => a.version - b.version)]));
}

/** @param events in order, each once. */
export function contiguousAfter(version: number, events: readonly FedEvent[]): readonly FedEvent[] {
  const start = events.findIndex((event) => event.version > version);
  if (start < 0 || events[start]!.version !== version + 1) return [];
  let end = start + 1;
  while (end < events.length && events[end]!.version === events[end - 1]!.version + 1) end++;
  return events.slice(start, end);
}

/** Faults of the database pass; what would fail again in the same way is poison. */
async function understood(stream: string, events: readonly FedEvent[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Poison || mayPass(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Poison(
      `The read model cannot apply events ${events[0]!.version} to ${events.at(-1)!.version}: ${reason}`,
      { stream, version: events[0]!.version },
      { cause: error },
    );
  }
}

/** Whether trying again may help: everything that is not the projection's own error or a broken rule of its tables. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  // SQLSTATE classes: 22 a value out of range, 23 a constraint, 42 a name or a right that is not there, P0 raised by a trigger.
  // ERR_ begins Node's names for wrong arguments.
  if (typeof code === 'string') return !/^((22|23|42|P0)...$|ERR_)/.test(code);
  // pg has no code for a connection that broke or timed out.
  return /connection|timeout|not queryable/i.test(error.message) && !(error instanceof TypeError);
}
