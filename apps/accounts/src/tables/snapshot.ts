import { Problem } from '@mizan/platform';
import { inSchema } from '@mizan/projections';
import type pg from 'pg';
import { LIVE, bookTables } from '../rebuild/book-tables.js';

/** How many reads may wait for a connection. */
const MOST_WAITING = 256;

/** All tables of the books that are read, as a statement lists them. */
export const liveBooks = inSchema(LIVE, bookTables);

/**
 * Every question to the books has an index that leads to its answer in order, and ends when it has enough. The planner,
 * whose idea of a table may be old, must not read a table whole instead, nor all that an index leads to.
 */
const BY_INDEX = ['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin'].map((way) => `SET LOCAL enable_${way} = off`).join('; ');

/** One moment of the books. Whoever opens it closes it. */
export interface Snapshot {
  readonly client: pg.PoolClient;
  close(): Promise<void>;
}

/**
 * Begins a transaction that sees the books as they are now and nothing of what comes later.
 * @throws Problem `overloaded` where no connection is free in time.
 */
export async function openSnapshot(pool: pg.Pool): Promise<Snapshot> {
  if (pool.waitingCount >= MOST_WAITING) throw overloaded();
  const client = await pool.connect().catch((error: Error) => {
    throw error.message.startsWith('timeout exceeded') ? overloaded(error) : error;
  });
  // Lost between two statements, a connection says so by an event; the next statement fails, and that is where it is dealt with.
  client.on('error', ignored);
  const snapshot = { client, close: () => close(client) };
  try {
    // What replaces the tables or empties them is seen at once by whoever has no lock yet, whatever his snapshot:
    // so the locks come first, the snapshot with the first read.
    await client.query(`BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; ${BY_INDEX};
      LOCK TABLE ${liveBooks} IN ACCESS SHARE MODE`);
    return snapshot;
  } catch (error) {
    await snapshot.close();
    throw error;
  }
}

async function close(client: pg.PoolClient): Promise<void> {
  const sound = await client.query('ROLLBACK').then(
    () => true,
    () => false,
  );
  client.off('error', ignored);
  client.release(!sound);
}

const ignored = (): void => {};

const overloaded = (cause?: Error): Problem =>
  new Problem('overloaded', 'All connections to the database are busy. Try again shortly.', { headers: { 'retry-after': '1' }, cause });
