import type { Pool } from 'pg';
import type { LedgerOf, UnattendedLedgers } from './unattended-ledgers.js';

export class PostgresUnattendedLedgers implements UnattendedLedgers {
  constructor(private readonly pool: Pool) {}

  async find(limit: number): Promise<readonly LedgerOf[]> {
    const { rows } = await this.pool.query<LedgerOf>({
      name: 'unattended-ledgers',
      text: `SELECT l.uid, l.tenant FROM (
               (SELECT ledger FROM transfers.leases WHERE until > '-infinity' AND until <= clock_timestamp() ORDER BY until LIMIT $1)
               UNION
               (SELECT t.ledger FROM transfers.command_ids_through t JOIN transfers.leases s USING (ledger)
                WHERE t.next_expiry <= extract(epoch FROM clock_timestamp()) * 1000 AND s.until <= clock_timestamp()
                ORDER BY t.next_expiry LIMIT $1)) AS waiting
             JOIN transfers.ledgers l ON l.uid = waiting.ledger LIMIT $1`,
      values: [limit],
    });
    return rows;
  }
}
