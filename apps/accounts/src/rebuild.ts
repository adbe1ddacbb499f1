import { setTimeout as pause } from 'node:timers/promises';
import { transaction } from '@mizan/database';
import { FEED_LIMITS, type Feed, Follower, Inbox, type Log } from '@mizan/messaging';
import type pg from 'pg';
import { bookTables } from './snapshot.js';

const LOOK_EVERY_MS = 500;
/** A reader under way may hold the tables up for this long; everybody else waits behind. */
const EMPTYING_PATIENCE_MS = 3_000;
const LOCK_NOT_AVAILABLE = '55P03';

/** Reads the journal from its beginning, whatever place in the feed the running service has noted. */
export class WholeJournalInbox extends Inbox {
  override token(): Promise<null> {
    return Promise.resolve(null);
  }

  override async storeToken(): Promise<void> {}
}

export interface Rebuilding {
  readonly pool: pg.Pool;
  readonly feed: Feed;
  readonly inbox: WholeJournalInbox;
  readonly log: Log;
}

/**
 * Makes the books again from nothing, beside the running service or without it. First it asks how far the journal has come,
 * so that books are never thrown away whose source cannot be read; then all tables are emptied in one transaction, together with what
 * says which events they include, and filled from the feed. Until a ledger is complete its reads are refused (`unavailable`).
 * Broken off, it is simply run again; a restart of the service takes it up as well.
 * @returns how many events were applied.
 */
export async function rebuild({ pool, feed, inbox, log }: Rebuilding): Promise<number> {
  const heads = await headsOf(feed);
  await empty(pool, heads).catch((error: unknown) => {
    if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
    throw new Error('Long reads hold the books, and nothing was changed. Run it again.', { cause: error });
  });
  const follower = new Follower({ inbox, feed, bus: 'feed', log });
  follower.start();
  try {
    for (let left = await rebuildingStreams(pool); left > 0; left = await rebuildingStreams(pool)) {
      const { halted, lag, lastError } = follower.status();
      if (halted !== null) throw new Error(`The journal cannot be applied: ${halted}`);
      log('info', 'rebuilding', { ledgers: left, events: lag, lastError });
      await pause(LOOK_EVERY_MS);
    }
  } finally {
    await follower.stop();
  }
  return [...heads.values()].reduce((sum, version) => sum + version, 0);
}

/** How many ledgers are not complete yet. */
export async function rebuildingStreams(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ streams: number }>('SELECT count(*) AS streams FROM accounts.rebuilding');
  return rows[0]!.streams;
}

/** For a service that starts: a rebuild that was broken off goes on, from the beginning of the feed. */
export async function resumeRebuild(pool: pg.Pool): Promise<void> {
  await pool.query('DELETE FROM accounts.feed_tokens WHERE EXISTS (SELECT FROM accounts.rebuilding)');
}

async function headsOf(feed: Feed): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (let token: string | null = null; ;) {
    const { heads, next } = await feed.heads(token, FEED_LIMITS.heads);
    for (const { stream, version } of heads) found.set(stream, Math.max(version, found.get(stream) ?? 0));
    if (next === token) return found;
    token = next;
  }
}

async function empty(pool: pg.Pool, heads: ReadonlyMap<string, number>): Promise<void> {
  await transaction(pool, async (client) => {
    await client.query(`SET LOCAL lock_timeout = ${EMPTYING_PATIENCE_MS}`);
    // Whoever applies events locks its rows of the inbox first and writes the books after: nobody is in the middle once this has its lock.
    await client.query('TRUNCATE accounts.inbox, accounts.feed_tokens');
    await client.query(`TRUNCATE ${bookTables}`);
    await client.query('INSERT INTO accounts.rebuilding (stream, version) SELECT * FROM unnest($1::text[], $2::bigint[])', [
      [...heads.keys()],
      [...heads.values()],
    ]);
  });
}
