import { plainName } from '@mizan/database';
import type { Pool } from 'pg';
import type { Lease } from '../ports.js';

/** How long a lease lasts without renewal, ms. */
export const LEASE_MS = 6_000;
/** How long its holder trusts an answer of the database, ms: it stops well before another may begin. */
export const TRUSTED_MS = LEASE_MS / 3;

/**
 * The lease on the due timers of one kind of process. It runs on the database's clock, which nobody moves. An instance that stood still may
 * believe in it a little longer than it lasts: until it asks again, before its next look at a process. What it does meanwhile is fenced by the
 * versions of streams and timers and the ids of calls.
 */
export class PostgresLease implements Lease {
  private readonly table: string;
  /** Until when the database's last yes is trusted, by this machine's monotonic clock. */
  private trustedUntil = -Infinity;
  private asking: Promise<boolean> | null = null;

  /**
   * @param kind the name of the definition.
   * @param holder this instance, by a name that no other instance has.
   */
  constructor(
    private readonly pool: Pool,
    schema: string,
    private readonly kind: string,
    private readonly holder: string,
  ) {
    this.table = `${plainName(schema)}.process_leases`;
  }

  /** Takes a lease that is free or has run out, renews one that is held. @throws where the database does not answer. */
  async held(): Promise<boolean> {
    if (performance.now() < this.trustedUntil) return true;
    this.asking ??= this.ask().finally(() => (this.asking = null));
    return this.asking;
  }

  /** Gives it back, so that another need not wait until it runs out. */
  async release(): Promise<void> {
    await this.asking?.catch(() => {});
    this.trustedUntil = -Infinity;
    await this.pool.query(`DELETE FROM ${this.table} WHERE kind = $1 AND holder = $2`, [this.kind, this.holder]);
  }

  private async ask(): Promise<boolean> {
    // Counted from before the question: the database's own term begins later.
    const askedAt = performance.now();
    const { rowCount } = await this.pool.query(
      `INSERT INTO ${this.table} AS held (kind, holder, until) VALUES ($1, $2, clock_timestamp() + $3 * interval '1 ms')
       ON CONFLICT (kind) DO UPDATE SET holder = excluded.holder, until = excluded.until
       WHERE held.holder = excluded.holder OR held.until <= clock_timestamp()`,
      [this.kind, this.holder, LEASE_MS],
    );
    if (rowCount === 0) return false;
    this.trustedUntil = askedAt + TRUSTED_MS;
    return performance.now() < this.trustedUntil;
  }
}
