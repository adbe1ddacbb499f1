import type { FeedToken } from '@mizan/event-store';
import type pg from 'pg';
import { pause } from './patience.js';

/** Where a relay keeps how far it has come, and the right to be the only one. */
export interface RelayTokens {
  /** Waits until no other process relays under this name. @throws when the wait is aborted or the store is away. */
  claim(name: string, signal: AbortSignal): Promise<RelayClaim>;
}

export interface RelayClaim {
  /** Null before the first. */
  read(): Promise<FeedToken | null>;
  /** @throws when the claim has been lost. */
  store(token: FeedToken): Promise<void>;
  release(): Promise<void>;
}

/** How often a standby asks for the lock, ms. */
const STANDBY_MS = 500;

/**
 * The claim is a session advisory lock, so it ends with the connection that holds it; the token is written over that same connection,
 * so a relay that lost its claim cannot move it. Takes one connection of the pool for as long as it waits or holds.
 */
export class PostgresRelayTokens implements RelayTokens {
  constructor(
    private readonly pool: pg.Pool,
    private readonly schema: string,
  ) {}

  async claim(name: string, signal: AbortSignal): Promise<RelayClaim> {
    const client = await this.pool.connect();
    // A lost connection shows in the next statement; without a listener it would end the process.
    client.on('error', () => {});
    try {
      // A token lost in a crash only means that some messages are sent again: not worth a disk write each.
      await client.query('set synchronous_commit = off');
      while (!(await this.lock(client, name))) {
        await pause(STANDBY_MS, signal);
        signal.throwIfAborted();
      }
    } catch (error) {
      client.release(true);
      throw error;
    }
    return this.held(client, name);
  }

  private async lock(client: pg.PoolClient, name: string): Promise<boolean> {
    const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock(hashtextextended($1, 0)) as locked', [
      `${this.schema}.relay_tokens/${name}`,
    ]);
    return rows[0]!.locked;
  }

  private held(client: pg.PoolClient, name: string): RelayClaim {
    const table = `${this.schema}.relay_tokens`;
    return {
      read: async () => {
        const { rows } = await client.query<{ token: FeedToken }>(`select token from ${table} where name = $1`, [name]);
        return rows[0]?.token ?? null;
      },
      store: async (token) => {
        await client.query(`insert into ${table} (name, token) values ($1, $2) on conflict (name) do update set token = excluded.token`, [
          name,
          token,
        ]);
      },
      // Closing the connection is what gives the lock back.
      release: async () => client.release(true),
    };
  }
}
