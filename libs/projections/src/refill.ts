import type pg from 'pg';
import type { ReadModel } from './read-model.js';

// A migration that changes what is kept empties the tables, notes in `rebuilding` how far each stream was, and leaves it to the service to fill
// them from the feed. Until then reads of what a stream tells are refused. The table is older than that word: another name would break an
// instance of the release before, which reads it on while this one starts beside it, and migrations only add.

/** How many streams are not complete yet. */
export async function refillingStreams(pool: pg.Pool, { schema }: Pick<ReadModel, 'schema'>): Promise<number> {
  const { rows } = await pool.query<{ streams: number }>(`SELECT count(*) AS streams FROM ${schema}.rebuilding`);
  return rows[0]!.streams;
}

/**
 * For a service that starts: its tables are filled from the beginning of the feed. An instance that was running while they were emptied may
 * have noted a later place since.
 */
export async function resumeRefill(pool: pg.Pool, { schema, consumer }: Pick<ReadModel, 'schema' | 'consumer'>): Promise<void> {
  await pool.query(`DELETE FROM ${schema}.feed_tokens WHERE consumer = $1 AND EXISTS (SELECT FROM ${schema}.rebuilding)`, [consumer]);
}

/** For a projection, in the transaction that brings a stream to this version: it is complete once it is back where it was. */
export async function noteRefilled(
  client: pg.ClientBase,
  { schema }: Pick<ReadModel, 'schema'>,
  stream: string,
  version: number,
): Promise<void> {
  await client.query(`DELETE FROM ${schema}.rebuilding WHERE stream = $1 AND version <= $2`, [stream, version]);
}
