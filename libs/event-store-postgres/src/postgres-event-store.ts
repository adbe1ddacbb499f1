import { openPool, plainName } from '@mizan/database';
import {
  type Appended,
  Bell,
  type FeedAppend,
  type FeedHeads,
  type FeedPage,
  type FeedToken,
  MAX_PAGE_BYTES,
  MAX_PAGE_EVENTS,
  MAX_FEED_APPENDS,
  type OpenEventStore,
  type StoredEvent,
  appendBytes,
  liveFeed,
  pageLimit,
  placeOf,
  tokenAt,
} from '@mizan/event-store';
import type pg from 'pg';
import { int4Array, int8Array, textArray } from './binary-array.js';
import { type Append, GroupCommit } from './group-commit.js';
import { assertDurable } from './durability.js';

/** How often the feed is looked at for what other processes appended. */
const POLL_MS = 50;
export const READ_CONNECTIONS = 4;

/** Events in PostgreSQL, in one schema that `eventStoreMigrations` makes. Reads never wait for the connection that appends. */
export class PostgresEventStore implements OpenEventStore {
  readonly limits = { events: 8192, bytes: 4 * 1024 * 1024 };
  private readonly group = new GroupCommit((appends) => this.commit(appends));
  private readonly appended = new Bell();

  private constructor(
    private readonly writes: pg.Pool,
    private readonly reads: pg.Pool,
    private readonly schema: string,
  ) {}

  /**
   * @param url of the role that the schema's migrations were given: only it may append.
   * @throws what `check` throws, and for a name that is none of a schema.
   */
  static async open({ url, schema }: { readonly url: string; readonly schema: string }): Promise<PostgresEventStore> {
    plainName(schema);
    // Plans are kept for as long as a connection lives, and must not be those of an empty table.
    const settings = { enable_seqscan: 'off' };
    const writes = openPool({ url, name: `mizan-${schema}-append`, max: 1, settings });
    const reads = openPool({ url, name: `mizan-${schema}-read`, max: READ_CONNECTIONS, settings });
    const store = new PostgresEventStore(writes, reads, schema);
    try {
      await store.check();
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** @throws also where the database has no such store. */
  check(): Promise<void> {
    return assertDurable(this.reads, this.schema);
  }

  async close(): Promise<void> {
    await this.group.close();
    await Promise.all([this.writes.end(), this.reads.end()]);
  }

  async append(stream: string, expectedVersion: number, events: readonly string[]): Promise<Appended> {
    const bytes = appendBytes(stream, expectedVersion, events, this.limits);
    return this.group.append({ stream, expectedVersion, events, bytes });
  }

  /** One statement, one transaction, one round trip. Its promise is kept only once the commit is on disk. */
  private async commit(appends: readonly Append[]): Promise<readonly Appended[]> {
    const { rows } = await this.writes.query<[appended: boolean, version: number]>({
      name: 'append',
      text: `SELECT appended, version FROM ${this.schema}.append($1, $2, $3, $4)`,
      values: [
        textArray(appends.map(({ stream }) => stream)),
        int8Array(appends.map(({ expectedVersion }) => expectedVersion)),
        int4Array(appends.map(({ events }) => events.length)),
        textArray(appends.flatMap(({ events }) => events)),
      ],
      rowMode: 'array',
    });
    if (rows.length !== appends.length) throw new Error(`${this.schema}.append answered ${rows.length} of ${appends.length} appends.`);
    const results = rows.map(([appended, version]): Appended =>
      appended ? { status: 'appended', version } : { status: 'conflict', actual: version },
    );
    if (results.some(({ status }) => status === 'appended')) this.appended.ring();
    return results;
  }

  read(stream: string, after: number, limit: number): Promise<readonly StoredEvent[]> {
    return this.page('forwards', stream, after, limit);
  }

  readBackwards(stream: string, before: number, limit: number): Promise<readonly StoredEvent[]> {
    return this.page('backwards', stream, Math.min(before, Number.MAX_SAFE_INTEGER), limit);
  }

  private async page(direction: 'forwards' | 'backwards', stream: string, edge: number, limit: number): Promise<readonly StoredEvent[]> {
    const [beyond, order] = direction === 'forwards' ? ['>', 'ASC'] : ['<', 'DESC'];
    const { rows } = await this.reads.query<[version: number, text: string]>({
      name: `read-${direction}`,
      text: `
        SELECT version, event FROM (
          SELECT version, event, octet_length(event) AS bytes, sum(octet_length(event)) OVER (ORDER BY version ${order}) AS through
          FROM (SELECT version, event FROM ${this.schema}.events WHERE stream = $1 AND version ${beyond} $2 ORDER BY version ${order} LIMIT $3) AS next
        ) AS sized
        WHERE through <= ${MAX_PAGE_BYTES} OR through = bytes
        ORDER BY version ${order}`,
      values: [stream, edge, pageLimit(limit, MAX_PAGE_EVENTS)],
      rowMode: 'array',
    });
    return rows.map(([version, text]) => ({ version, text }));
  }

  async version(stream: string): Promise<number> {
    const { rows } = await this.reads.query<[version: number]>({
      name: 'version',
      text: `SELECT coalesce(max(version), 0) FROM ${this.schema}.events WHERE stream = $1`,
      values: [stream],
      rowMode: 'array',
    });
    return rows[0]![0];
  }

  async readAll(after: FeedToken | null, limit: number): Promise<FeedPage> {
    const { rows } = await this.reads.query<[token: number, stream: string, first: number, event: string]>({
      name: 'read-all',
      // OFFSET 0 keeps the planner from reading the events by any way but the key, append by append.
      text: `
        SELECT token, stream, first_version, event
        FROM (
          SELECT *, sum(bytes) OVER (ORDER BY token) AS through
          FROM (SELECT * FROM ${this.schema}.feed WHERE token > $1 ORDER BY token LIMIT $2) AS next
        ) AS appends
        CROSS JOIN LATERAL (
          SELECT e.version, e.event FROM ${this.schema}.events AS e
          WHERE e.stream = appends.stream AND e.version BETWEEN appends.first_version AND appends.last_version
          ORDER BY e.version OFFSET 0
        ) AS events
        WHERE through <= ${MAX_PAGE_BYTES} OR through = bytes
        ORDER BY token, version`,
      values: [placeOf(after), pageLimit(limit, MAX_FEED_APPENDS)],
      rowMode: 'array',
    });
    const appends: (FeedAppend & { events: string[] })[] = [];
    for (const [place, stream, first, event] of rows) {
      const token = tokenAt(place);
      const last = appends.at(-1);
      if (last?.token === token) last.events.push(event);
      else appends.push({ token, stream, first, events: [event] });
    }
    return { appends, next: appends.at(-1)?.token ?? after };
  }

  async heads(after: FeedToken | null, limit: number): Promise<FeedHeads> {
    const most = pageLimit(limit, MAX_FEED_APPENDS);
    const { rows } = await this.reads.query<[stream: string, version: number, token: number, appends: number]>({
      name: 'heads',
      text: `
        SELECT stream, max(last_version), max(token), count(*)
        FROM (SELECT * FROM ${this.schema}.feed WHERE token > $1 ORDER BY token LIMIT $2) AS next
        GROUP BY stream ORDER BY max(token)`,
      values: [placeOf(after), most],
      rowMode: 'array',
    });
    const last = rows.at(-1);
    return {
      heads: rows.map(([stream, version]) => ({ stream, version })),
      next: last ? tokenAt(last[2]) : after,
      full: rows.reduce((sum, [, , , appends]) => sum + appends, 0) === most,
    };
  }

  subscribe(after: FeedToken | null, signal: AbortSignal): AsyncIterable<FeedPage> {
    return liveFeed(this, after, signal, this.appended, POLL_MS);
  }
}
