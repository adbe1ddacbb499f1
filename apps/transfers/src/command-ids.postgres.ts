import { transaction } from '@mizan/database';
import type { Pool } from 'pg';
import type { CommandIds, SpentId } from './command-ids.js';

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

  async through(ledger: string): Promise<number> {
    const { rows } = await this.pool.query<{ position: number }>('SELECT position FROM transfers.command_ids_through WHERE ledger = $1', [
      ledger,
    ]);
    return rows[0]?.position ?? 0;
  }

  async add(ledger: string, spent: readonly SpentId[], through: number): Promise<void> {
    await transaction(this.pool, async (client) => {
      await client.query({
        name: 'command-ids-add',
        text: `INSERT INTO transfers.command_ids (ledger, id, position)
               SELECT $1, * FROM unnest($2::text[], $3::bigint[]) ON CONFLICT DO NOTHING`,
        values: [ledger, spent.map(({ id }) => id), spent.map(({ position }) => position)],
      });
      await client.query({
        name: 'command-ids-through',
        text: `INSERT INTO transfers.command_ids_through AS t (ledger, position) VALUES ($1, $2)
               ON CONFLICT (ledger) DO UPDATE SET position = greatest(t.position, excluded.position)`,
        values: [ledger, through],
      });
    });
  }
}
