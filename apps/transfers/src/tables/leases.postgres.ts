import type { Pool } from 'pg';
import { type Held, LEASE_MS, type Lease, type Leases, type Returned } from '@mizan/writer';

export class PostgresLeases implements Leases {
  /** @param owner the url under which this instance answers: the same url is the same place, restarted. */
  constructor(
    private readonly pool: Pool,
    private readonly owner: string,
  ) {}

  async take(ledger: string): Promise<Lease | Held> {
    const { rows } = await this.pool.query<{ epoch: number }>(
      `INSERT INTO transfers.leases AS l (ledger, owner, epoch, until)
       VALUES ($1, $2, 1, clock_timestamp() + $3 * interval '1 ms')
       ON CONFLICT (ledger) DO UPDATE SET owner = excluded.owner, epoch = l.epoch + 1, until = excluded.until
       WHERE l.owner = excluded.owner OR l.until <= clock_timestamp()
       RETURNING epoch`,
      [ledger, this.owner, LEASE_MS],
    );
    return rows[0] ? { ledger, epoch: rows[0].epoch } : this.held(ledger);
  }

  private async held(ledger: string): Promise<Held> {
    const { rows } = await this.pool.query<Held>(
      `SELECT owner, greatest(0, extract(epoch FROM until - clock_timestamp()) * 1000)::float8 AS "forMs" FROM transfers.leases WHERE ledger = $1`,
      [ledger],
    );
    return rows[0]!;
  }

  async renew(leases: readonly Lease[]): Promise<{ held: ReadonlySet<string>; databaseNow: number }> {
    const { rows } = await this.pool.query<{ ledger: string | null; now: string }>({
      name: 'leases-renew',
      text: `WITH renewed AS (
               UPDATE transfers.leases l SET until = clock_timestamp() + $1 * interval '1 ms'
               FROM unnest($2::text[], $3::bigint[]) AS mine (ledger, epoch)
               WHERE l.ledger = mine.ledger AND l.epoch = mine.epoch AND l.owner = $4
               RETURNING l.ledger)
             SELECT r.ledger, (extract(epoch FROM clock_timestamp()) * 1000)::text AS now FROM (SELECT 1) AS one LEFT JOIN renewed r ON true`,
      values: [LEASE_MS, leases.map(({ ledger }) => ledger), leases.map(({ epoch }) => epoch), this.owner],
    });
    return { held: new Set(rows.flatMap(({ ledger }) => ledger ?? [])), databaseNow: Number(rows[0]?.now) };
  }

  async release(leases: readonly Returned[]): Promise<void> {
    await this.pool.query(
      `UPDATE transfers.leases l SET until = CASE WHEN mine.settled THEN '-infinity' ELSE clock_timestamp() END
       FROM unnest($1::text[], $2::bigint[], $3::boolean[]) AS mine (ledger, epoch, settled)
       WHERE l.ledger = mine.ledger AND l.epoch = mine.epoch AND l.owner = $4`,
      [leases.map(({ ledger }) => ledger), leases.map(({ epoch }) => epoch), leases.map(({ settled }) => settled), this.owner],
    );
  }
}
