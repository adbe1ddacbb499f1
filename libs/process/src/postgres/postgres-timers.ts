import { plainName } from '@mizan/database';
import type { Pool } from 'pg';
import type { Timer, Timers } from '../ports.js';

/** The timers of one kind of process, in the schema that `processMigrations` made. */
export class PostgresTimers implements Timers {
  private readonly table: string;

  /** @param kind the name of the definition. @throws for a schema whose name could not stand in SQL as it is. */
  constructor(
    private readonly pool: Pool,
    schema: string,
    private readonly kind: string,
  ) {
    this.table = `${plainName(schema)}.process_timers`;
  }

  async set({ process, version, at }: Timer): Promise<void> {
    await this.pool.query(
      `INSERT INTO ${this.table} AS held (kind, process, version, at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (kind, process) DO UPDATE SET version = excluded.version, at = excluded.at WHERE held.version <= excluded.version`,
      [this.kind, process, version, at],
    );
  }

  async clear(process: string, version: number): Promise<void> {
    await this.pool.query(`DELETE FROM ${this.table} WHERE kind = $1 AND process = $2 AND version <= $3`, [this.kind, process, version]);
  }

  async due(now: number, limit: number): Promise<readonly Timer[]> {
    const { rows } = await this.pool.query<Timer>(
      `SELECT process, version, at FROM ${this.table} WHERE kind = $1 AND at <= $2 ORDER BY at, process LIMIT $3`,
      [this.kind, Math.min(now, Number.MAX_SAFE_INTEGER), limit],
    );
    return rows;
  }
}
