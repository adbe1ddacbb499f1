import type { Pool } from 'pg';

export type StoreKind = 'postgres' | 'eventstoredb';

/**
 * Journals stay where they began: leases, the index of ids and the words beside them, all in this database, are worth nothing
 * beside another store. The first start decides.
 * @throws when they are kept in another store than this.
 */
export async function keepJournalsIn(store: StoreKind, pool: Pool): Promise<void> {
  await pool.query('INSERT INTO transfers.journals_kept_in (store) VALUES ($1) ON CONFLICT DO NOTHING', [store]);
  const { rows } = await pool.query<{ store: StoreKind }>('SELECT store FROM transfers.journals_kept_in');
  const kept = rows[0]!.store;
  if (kept === store) return;
  throw new Error(
    `The journals of this database are kept in ${kept}, and EVENT_STORE says ${store}. Set EVENT_STORE=${kept}, or begin with a database of its own.`,
  );
}
