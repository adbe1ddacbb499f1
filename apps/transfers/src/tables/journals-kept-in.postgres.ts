import type { Pool } from 'pg';

export type StoreKind = 'postgres' | 'eventstoredb';

/**
 * Journals stay where they began: leases, the index of ids and the words beside them, all in this database, are worth nothing
 * beside another store. The first start decides.
 * @returns the name of this database in the store, and whether the store has been told it.
 * @throws when they are kept in another store than this.
 */
export async function keepJournalsIn(store: StoreKind, pool: Pool): Promise<{ readonly identity: string; readonly isKnown: boolean }> {
  await pool.query('INSERT INTO transfers.journals_kept_in (store) VALUES ($1) ON CONFLICT DO NOTHING', [store]);
  const { rows } = await pool.query<{ store: StoreKind; identity: string; isKnown: boolean }>(
    'SELECT store, identity, is_known AS "isKnown" FROM transfers.journals_kept_in',
  );
  const { store: kept, identity, isKnown } = rows[0]!;
  if (kept === store) return { identity, isKnown };
  throw new Error(
    `The journals of this database are kept in ${kept}, and EVENT_STORE says ${store}. Set EVENT_STORE=${kept}, or begin with a database of its own.`,
  );
}

/** From now on a store that has not heard of this database is not the one that its journals are in. */
export async function theStoreKnows(pool: Pool): Promise<void> {
  await pool.query('UPDATE transfers.journals_kept_in SET is_known = true WHERE NOT is_known');
}
