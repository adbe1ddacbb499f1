import { transaction } from '@mizan/database';
import type pg from 'pg';
import { AppliedOnce, type Progress, type Projection } from './applied-once.js';

export interface InboxOptions {
  readonly pool: pg.Pool;
  /** The service's schema, with the tables `inbox` and `feed_tokens` of `messagingMigrations`. */
  readonly schema: string;
  /** Which read model this is; another name starts from nothing. */
  readonly consumer: string;
  readonly projection: Projection;
  /** The events after which a transaction ends, with the message that reaches them. */
  readonly eventsPerTransaction?: number;
}

/** Applies events once to a read model in PostgreSQL. */
export class Inbox extends AppliedOnce<pg.PoolClient> {
  constructor(options: InboxOptions) {
    super(new PostgresProgress(options), options.projection, options.eventsPerTransaction);
  }
}

/** How far a consumer has come, in the tables of `messagingMigrations`. */
export class PostgresProgress implements Progress<pg.PoolClient> {
  constructor(private readonly options: Pick<InboxOptions, 'pool' | 'schema' | 'consumer'>) {}

  transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return transaction(this.options.pool, work);
  }

  async lock(client: pg.PoolClient, streams: readonly string[]): Promise<Map<string, number>> {
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

  async advance(client: pg.PoolClient, versions: ReadonlyMap<string, number>): Promise<void> {
    await client.query(
      `update ${this.table('inbox')} as inbox set version = moved.version
       from unnest($2::text[], $3::bigint[]) as moved (stream, version)
       where inbox.consumer = $1 and inbox.stream = moved.stream`,
      [this.options.consumer, [...versions.keys()], [...versions.values()]],
    );
  }

  async versions(streams: readonly string[]): Promise<Map<string, number>> {
    if (streams.length === 0) return new Map();
    const { rows } = await this.options.pool.query<Row>(
      `select stream, version from ${this.table('inbox')} where consumer = $1 and stream = any($2::text[])`,
      [this.options.consumer, streams],
    );
    const known = new Map(rows.map(({ stream, version }) => [stream, Number(version)]));
    return new Map(streams.map((stream) => [stream, known.get(stream) ?? 0]));
  }

  async token(): Promise<string | null> {
    const { rows } = await this.options.pool.query<{ token: string }>(
      `select token from ${this.table('feed_tokens')} where consumer = $1`,
      [this.options.consumer],
    );
    return rows[0]?.token ?? null;
  }

  async storeToken(token: string): Promise<void> {
    await this.options.pool.query(
      `insert into ${this.table('feed_tokens')} (consumer, token) values ($1, $2) on conflict (consumer) do update set token = excluded.token`,
      [this.options.consumer, token],
    );
  }

  private table(name: 'inbox' | 'feed_tokens'): string {
    return `${this.options.schema}.${name}`;
  }
}

interface Row {
  readonly stream: string;
  readonly version: string | number;
}
