import type { Pool } from 'pg';
import { type Held, LEASE_MS, type Lease, type Leases, type Returned } from '@mizan/writer';

/** The table of leases, and its columns of the stream's uid and of who holds it. */
export interface LeaseTable {
  readonly table: string;
  readonly uid: string;
  readonly heldBy: string;
}

/** The table that `streamMigrations` makes in a service's own schema. */
export const leaseTable = ({ name }: { readonly name: string }): LeaseTable => ({
  table: `${name}.leases`,
  uid: 'stream',
  heldBy: 'held_by',
});

/** Who writes which stream, in the database of its owner. */
export class PostgresLeases implements Leases {
  /** @param owner the url under which this instance answers: the same url is the same place, restarted. */
  constructor(
    private readonly pool: Pool,
    private readonly owner: string,
    private readonly kept: LeaseTable,
  ) {}

  async take(uid: string): Promise<Lease | Held> {
    const { table, uid: key, heldBy } = this.kept;
    const { rows } = await this.pool.query<{ epoch: number }>(
      `INSERT INTO ${table} AS l (${key}, ${heldBy}, epoch, until)
       VALUES ($1, $2, 1, clock_timestamp() + $3 * interval '1 ms')
       ON CONFLICT (${key}) DO UPDATE SET ${heldBy} = excluded.${heldBy}, epoch = l.epoch + 1, until = excluded.until
       WHERE l.${heldBy} = excluded.${heldBy} OR l.until <= clock_timestamp()
       RETURNING epoch`,
      [uid, this.owner, LEASE_MS],
    );
    return rows[0] ? { uid, epoch: rows[0].epoch } : this.held(uid);
  }

  private async held(uid: string): Promise<Held> {
    const { table, uid: key, heldBy } = this.kept;
    const { rows } = await this.pool.query<Held>(
      `SELECT ${heldBy} AS owner, greatest(0, extract(epoch FROM until - clock_timestamp()) * 1000)::float8 AS "forMs" FROM ${table} WHERE ${key} = $1`,
      [uid],
    );
    return rows[0]!;
  }

  async renew(leases: readonly Lease[]): Promise<{ held: ReadonlySet<string>; databaseNow: number }> {
    const { table, uid: key, heldBy } = this.kept;
    const { rows } = await this.pool.query<{ uid: string | null; now: string }>({
      name: 'leases-renew',
      text: `WITH renewed AS (
               UPDATE ${table} l SET until = clock_timestamp() + $1 * interval '1 ms'
               FROM unnest($2::text[], $3::bigint[]) AS mine (uid, epoch)
               WHERE l.${key} = mine.uid AND l.epoch = mine.epoch AND l.${heldBy} = $4
               RETURNING l.${key} AS uid)
             SELECT r.uid, (extract(epoch FROM clock_timestamp()) * 1000)::text AS now FROM (SELECT 1) AS one LEFT JOIN renewed r ON true`,
      values: [LEASE_MS, leases.map(({ uid }) => uid), leases.map(({ epoch }) => epoch), this.owner],
    });
    return { held: new Set(rows.flatMap(({ uid }) => uid ?? [])), databaseNow: Number(rows[0]?.now) };
  }

  async release(leases: readonly Returned[]): Promise<void> {
    const { table, uid: key, heldBy } = this.kept;
    await this.pool.query(
      `UPDATE ${table} l SET until = CASE WHEN mine.settled THEN '-infinity' ELSE clock_timestamp() END
       FROM unnest($1::text[], $2::bigint[], $3::boolean[]) AS mine (uid, epoch, settled)
       WHERE l.${key} = mine.uid AND l.epoch = mine.epoch AND l.${heldBy} = $4`,
      [leases.map(({ uid }) => uid), leases.map(({ epoch }) => epoch), leases.map(({ settled }) => settled), this.owner],
    );
  }
}
