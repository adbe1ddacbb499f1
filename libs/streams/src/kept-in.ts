import type { Pool } from 'pg';
import type { OwnStreams } from './own-streams.js';

export type StoreKind = 'postgres' | 'eventstoredb';

/**
 * Streams stay where they began: what lies beside them in this database is worth nothing beside another store. The first start decides.
 * @returns the name of this database in the store, and whether the store has been told it.
 * @throws when they are kept in another store than this.
 */
export async function keepIn(
  store: StoreKind,
  { keptIn, called }: Pick<OwnStreams, 'keptIn' | 'called'>,
  pool: Pool,
): Promise<{ readonly identity: string; readonly isKnown: boolean }> {
  await pool.query(`INSERT INTO ${keptIn} (store) VALUES ($1) ON CONFLICT DO NOTHING`, [store]);
  const { rows } = await pool.query<{ store: StoreKind; identity: string; isKnown: boolean }>(
    `SELECT store, identity, is_known AS "isKnown" FROM ${keptIn}`,
  );
  const { store: kept, identity, isKnown } = rows[0]!;
  if (kept === store) return { identity, isKnown };
  throw new Error(
    `The ${called} of this database are kept in ${kept}, and EVENT_STORE says ${store}. Set EVENT_STORE=${kept}, or begin with a database of its own.`,
  );
}

/** From now on a store that has not heard of this database is not the one that its streams are in. */
export async function theStoreKnows({ keptIn }: Pick<OwnStreams, 'keptIn'>, pool: Pool): Promise<void> {
  await pool.query(`UPDATE ${keptIn} SET is_known = true WHERE NOT is_known`);
}
