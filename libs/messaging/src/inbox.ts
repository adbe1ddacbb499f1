import type { FedEvent, JournalMessage } from '@mizan/contracts';
import { transaction } from '@mizan/database';
import type pg from 'pg';
import { Poison } from './poison.js';

/** What a read model makes of events. */
export interface Projection {
  /**
   * Writes the effect of events that follow the last ones without a gap, over the transaction's own connection.
   * @throws Poison (or any error that is not the database's) for what it cannot understand: the follower halts.
   */
  apply(client: pg.PoolClient, stream: string, events: readonly FedEvent[]): Promise<void>;
}

export interface InboxOptions {
  readonly pool: pg.Pool;
  /** The service's schema, with the tables `inbox` and `feed_tokens` as `inboxTables` describes them. */
  readonly schema: string;
  /** Which read model this is; another name starts from nothing. */
  readonly consumer: string;
  readonly projection: Projection;
  /** The events after which a transaction ends, with the message that reaches them. */
  readonly eventsPerTransaction?: number;
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

/** What an inbox expects of the tables that its service's migrations make, as SQL: the tests here run on these. */
export const inboxTables = (schema: string, role: string): string => `
create table ${schema}.inbox (
  consumer text not null,
  stream text not null,
  version bigint not null check (version >= 0),
  primary key (consumer, stream)
);
create table ${schema}.feed_tokens (
  consumer text primary key,
  token text not null
);
grant select, insert, update, delete on ${schema}.inbox, ${schema}.feed_tokens to ${role};
`;

const EVENTS_PER_TRANSACTION = 2_000;

/** Applies events once: the effect and the last version seen per stream are one transaction, so a repeat changes nothing. */
export class Inbox {
  constructor(private readonly options: InboxOptions) {}

  /**
   * Applies what is new and contiguous, in bounded transactions; what lies behind a gap is left out and reported.
   * Messages may come repeated, shuffled, and to several instances at once.
   */
  async receive(messages: readonly JournalMessage[]): Promise<Received> {
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

  /** The last version applied, of each stream asked for; 0 where none was. */
  async versions(streams: readonly string[]): Promise<Map<string, number>> {
    if (streams.length === 0) return new Map();
    const { rows } = await this.options.pool.query<Row>(
      `select stream, version from ${this.table('inbox')} where consumer = $1 and stream = any($2::text[])`,
      [this.options.consumer, streams],
    );
    const known = new Map(rows.map(({ stream, version }) => [stream, Number(version)]));
    return new Map(streams.map((stream) => [stream, known.get(stream) ?? 0]));
  }

  /** The place in the feed up to which everything is applied; null before the first. */
  async token(): Promise<string | null> {
    const { rows } = await this.options.pool.query<{ token: string }>(
      `select token from ${this.table('feed_tokens')} where consumer = $1`,
      [this.options.consumer],
    );
    return rows[0]?.token ?? null;
  }

  /** Only once everything up to the token is applied. */
  async storeToken(token: string): Promise<void> {
    await this.options.pool.query(
      `insert into ${this.table('feed_tokens')} (consumer, token) values ($1, $2) on conflict (consumer) do update set token = excluded.token`,
      [this.options.consumer, token],
    );
  }

  private async apply(seen: ReadonlyMap<string, readonly FedEvent[]>): Promise<Map<string, number>> {
    const { pool, projection } = this.options;
    return transaction(pool, async (client) => {
      const versions = await this.lock(client, [...seen.keys()]);
      const moved = new Map<string, number>();
      for (const [stream, events] of seen) {
        const next = contiguousAfter(versions.get(stream)!, events);
        if (next.length === 0) continue;
        await understood(stream, next, () => projection.apply(client, stream, next));
        moved.set(stream, next.at(-1)!.version);
      }
      if (moved.size > 0) await this.advance(client, moved);
      return new Map([...versions, ...moved]);
    });
  }

  /** Locks the streams' rows, in one order for all instances, and reads the last versions. */
  private async lock(client: pg.PoolClient, streams: readonly string[]): Promise<Map<string, number>> {
    const wanted = [this.options.consumer, streams];
    await client.query(
      `insert into ${this.table('inbox')} (consumer, stream, version)
       select $1, stream, 0 from unnest($2::text[]) as wanted (stream) order by stream
       on conflict do nothing`,
      wanted,
    );
    const { rows } = await client.query<Row>(
      `select stream, version from ${this.table('inbox')} where consumer = $1 and stream = any($2::text[]) order by stream for update`,
      wanted,
    );
    return new Map(rows.map(({ stream, version }) => [stream, Number(version)]));
  }

  private async advance(client: pg.PoolClient, versions: ReadonlyMap<string, number>): Promise<void> {
    await client.query(
      `update ${this.table('inbox')} as inbox set version = moved.version
       from unnest($2::text[], $3::bigint[]) as moved (stream, version)
       where inbox.consumer = $1 and inbox.stream = moved.stream`,
      [this.options.consumer, [...versions.keys()], [...versions.values()]],
    );
  }

  /** Whole messages, so that no group is cut: a transaction ends after the message that reaches its bound. */
  private *portions(messages: readonly JournalMessage[]): Generator<JournalMessage[]> {
    let portion: JournalMessage[] = [];
    let events = 0;
    for (const message of messages) {
      portion.push(message);
      events += message.events.length;
      if (events < (this.options.eventsPerTransaction ?? EVENTS_PER_TRANSACTION)) continue;
      yield portion;
      portion = [];
      events = 0;
    }
    if (portion.length > 0) yield portion;
  }

  private table(name: 'inbox' | 'feed_tokens'): string {
    return `${this.options.schema}.${name}`;
  }
}

interface Row {
  readonly stream: string;
  readonly version: string | number;
}

/** The events of each stream in the order of their versions, each once. */
function byStream(messages: readonly JournalMessage[]): Map<string, readonly FedEvent[]> {
  const streams = new Map<string, Map<number, FedEvent>>();
  for (const { stream, events } of messages) {
    const seen = streams.get(stream) ?? new Map<number, FedEvent>();
    for (const event of events) if (!seen.has(event.version)) seen.set(event.version, event);
    streams.set(stream, seen);
  }
  return new Map([...streams].map(([stream, seen]) => [stream, [...seen.values()].sort((a, b) => a.version - b.version)]));
}

/** @param events in order, each once. */
function contiguousAfter(version: number, events: readonly FedEvent[]): readonly FedEvent[] {
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
