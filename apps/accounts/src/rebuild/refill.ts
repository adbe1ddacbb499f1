import type pg from 'pg';

// A migration that changes what is kept empties the books, notes in `rebuilding` how far each ledger was, and leaves it to the service to fill
// them from the feed. Until then reads of a ledger are refused. The table is older than that word: another name would break an instance of the
// release before, which reads it on while this one starts beside it, and migrations only add.

/** How many ledgers are not complete yet. */
export async function refillingStreams(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ streams: number }>('SELECT count(*) AS streams FROM accounts.rebuilding');
  return rows[0]!.streams;
}

/**
 * For a service that starts: the books are filled from the beginning of the feed. An instance that was running while they were emptied may
 * have noted a later place since.
 */
export async function resumeRefill(pool: pg.Pool): Promise<void> {
  await pool.query('DELETE FROM accounts.feed_tokens WHERE EXISTS (SELECT FROM accounts.rebuilding)');
}
