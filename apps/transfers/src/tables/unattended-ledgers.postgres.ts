import type { Pool } from 'pg';
import type { LedgerOf, UnattendedLedgers } from '@mizan/writer/ledger';

export class PostgresUnattendedLedgers implements UnattendedLedgers {
  /** @param aheadMs how far business time is ahead of the database's, ms: holds fall due in it, and leases run in the database's. */
  constructor(
    private readonly pool: Pool,
    private readonly aheadMs: () => number,
  ) {}

  async find(limit: number): Promise<readonly LedgerOf[]> {
    const { rows } = await this.pool.query<LedgerOf>({
      // now() is the start of this statement; a clock that goes on would keep the indexes from being used.
      name: 'unattended-ledgers',
      text: `SELECT l.uid, l.tenant FROM (
               (SELECT ledger FROM transfers.leases WHERE until > '-infinity' AND until <= now() ORDER BY until LIMIT $1)
               UNION
               (SELECT t.ledger FROM transfers.command_ids_through t JOIN transfers.leases s USING (ledger)
                WHERE t.next_expiry <= (extract(epoch FROM now()) * 1000)::bigint + $2 AND s.until <= now()
                ORDER BY t.next_expiry LIMIT $1)) AS waiting
             JOIN transfers.ledgers l ON l.uid = waiting.ledger LIMIT $1`,
      values: [limit, this.aheadMs()],
    });
    return rows;
  }
}
