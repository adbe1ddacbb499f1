import { MAX_REVERSALS_NAMED } from '@mizan/ledger';
import type { CommandIds, Followed, IndexEntry, LaterEffects, Standing } from '@mizan/writer/ledger';
import type { Pool } from 'pg';

export class PostgresCommandIds implements CommandIds {
  constructor(private readonly pool: Pool) {}

  async positions(ledger: string, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { rows } = await this.pool.query<{ id: string; position: number }>({
      name: 'command-ids-positions',
      text: 'SELECT id, position FROM transfers.command_ids WHERE ledger = $1 AND id = ANY($2)',
      values: [ledger, ids],
    });
    return new Map(rows.map(({ id, position }) => [id, position]));
  }

  /** The events of all journals that the index has followed. */
  async eventsFollowed(): Promise<number> {
    const { rows } = await this.pool.query<{ events: number }>(
      'SELECT coalesce(sum(position), 0)::bigint AS events FROM transfers.command_ids_through',
    );
    return rows[0]!.events;
  }

  async effects(ledger: string, ids: readonly string[]): Promise<ReadonlyMap<string, LaterEffects>> {
    const { rows } = await this.pool.query<{ id: string; last: number; by: string[] | null }>({
      name: 'command-ids-effects',
      text: `SELECT wanted.id, last.position AS last, named.by
             FROM unnest($2::text[]) AS wanted (id)
             CROSS JOIN LATERAL (
               SELECT position FROM transfers.later_effects e
               WHERE e.ledger = $1 AND e.id = wanted.id ORDER BY position DESC LIMIT 1) AS last
             CROSS JOIN LATERAL (
               SELECT array_agg(first.by ORDER BY first.position) AS by FROM (
                 SELECT e.by, e.position FROM transfers.later_effects e
                 WHERE e.ledger = $1 AND e.id = wanted.id AND e.by IS NOT NULL ORDER BY e.position LIMIT $3) AS first) AS named`,
      values: [ledger, ids, MAX_REVERSALS_NAMED],
    });
    return new Map(rows.map(({ id, last, by }) => [id, { last, by: by ?? [] }]));
  }

  async followed(ledger: string): Promise<Followed> {
    const { rows } = await this.pool.query<Followed>({
      name: 'command-ids-followed',
      text: 'SELECT position AS through, closed_through AS "closedThrough" FROM transfers.command_ids_through WHERE ledger = $1',
      values: [ledger],
    });
    return rows[0] ?? { through: 0, closedThrough: null };
  }

  async add(ledger: string, entries: readonly IndexEntry[], through: number, standing: Standing): Promise<void> {
    const spent = entries.filter((entry) => entry.spent !== null);
    const later = entries.filter((entry) => entry.later !== null);
    // One statement: a process that stands still between two would hold its locks, and nobody could take the ledger over.
    await this.pool.query({
      name: 'command-ids-add',
      text: `WITH spent AS (
               INSERT INTO transfers.command_ids (ledger, id, position)
               SELECT $1, * FROM unnest($2::text[], $3::bigint[]) ON CONFLICT DO NOTHING),
             later AS (
               INSERT INTO transfers.later_effects (ledger, id, position, by)
               SELECT $1, * FROM unnest($4::text[], $5::bigint[], $6::text[]) ON CONFLICT DO NOTHING)
             INSERT INTO transfers.command_ids_through AS t (ledger, position, next_expiry, closed_through) VALUES ($1, $7, $8, $9)
             ON CONFLICT (ledger) DO UPDATE
             SET position = excluded.position, next_expiry = excluded.next_expiry, closed_through = excluded.closed_through
             WHERE t.position <= excluded.position`,
      values: [
        ledger,
        spent.map((entry) => entry.spent),
        spent.map(({ position }) => position),
        later.map((entry) => entry.later!.id),
        later.map(({ position }) => position),
        later.map((entry) => entry.later!.by),
        through,
        standing.nextExpiry,
        standing.closedThrough,
      ],
    });
  }
}
