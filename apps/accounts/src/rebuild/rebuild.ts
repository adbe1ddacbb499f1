import { columnTypes, serviceRole } from '@mizan/database';
import pg from 'pg';
import { LIVE, bookTables, inSchema } from './book-tables.js';
import { BESIDE, dropBeside, hangingOn, makeBeside, putInPlace, replacedTables, sizeOf } from './books-beside.js';
import { type Difference, claimed, differences } from './comparison.js';
import { Filling, type Source } from './filling.js';
import { type Claim, HeldBooks, NotNow } from './held-books.js';
import { count, eventsOf, headsOf } from '../tables/stream-versions.js';

/** Broken off by its signal, nothing is changed, and what was made is removed. */
export interface Rebuilding extends Source {
  /** The owner of the tables: makes the new ones and puts them in the place of the old. */
  readonly adminUrl: string;
  /** Whether books that differ from those made again are replaced all the same. */
  readonly althoughDifferent: boolean;
}

export interface Rebuilt {
  /** Of all journals, when it began. */
  readonly events: number;
  /** How many events the books that were read lacked, standing still: what they lack is told as different, too. */
  readonly behind: number;
  /** Where the books that were read and those made again were not the same. */
  readonly differences: readonly Difference[];
  /** Whether those made again are the ones that are read now. */
  readonly switched: boolean;
}

/** One number for everyone who makes the books of a database again. */
const REBUILD_LOCK = 0x626f6f6b73;
const WORK_MEMORY = '64MB';

/**
 * Makes the books again from the journal in tables of their own, while those that are read go on being fed and read; compares both at the same
 * positions; puts the new ones in the place of the old in one short transaction. Broken off at any moment, the books that are read are
 * untouched, and the next one begins anew.
 */
export async function rebuild(rebuilding: Rebuilding): Promise<Rebuilt> {
  const keeper = await connected(rebuilding.adminUrl);
  try {
    await alone(keeper);
    return await new Rebuild(rebuilding, keeper).run();
  } finally {
    await keeper.end();
  }
}

async function connected(adminUrl: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: adminUrl,
    application_name: 'mizan_accounts_rebuild',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    types: columnTypes,
  });
  client.on('error', () => {}); // The statement that runs fails with it, or the next one.
  await client.connect();
  // What a process that was killed has left behind ends soon; not every server can look.
  await client.query("SET client_connection_check_interval = '1s'").catch(() => {});
  return client;
}

/** For as long as the connection lives. */
async function alone(keeper: pg.Client): Promise<void> {
  const { rows } = await keeper.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [REBUILD_LOCK]);
  if (rows[0]!.locked) return;
  const { rows: others } = await keeper.query<{ pid: number; since: string }>(
    `SELECT pid, to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since
     FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted AND objsubid = 1
       AND (classid::bigint << 32) + objid::bigint = $1 AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [REBUILD_LOCK],
  );
  const [other] = others;
  const who = other ? ` (since ${other.since}, the server's process ${other.pid})` : '';
  throw new Error(`The books are being made again already${who}. Wait for it, or break it off; nothing was changed.`);
}

class Rebuild {
  private readonly filling: Filling;
  private readonly books: HeldBooks;
  private migrations = '';
  /** Of all journals, when it began. */
  private events = 0;

  constructor(
    private readonly given: Rebuilding,
    /** Holds the lock that keeps others out; without it nothing is switched. */
    private readonly keeper: pg.Client,
  ) {
    this.filling = new Filling(given, keeper);
    this.books = new HeldBooks(given, keeper, this.filling);
  }

  async run(): Promise<Rebuilt> {
    const { keeper, given } = this;
    try {
      const hanging = await hangingOn(keeper);
      if (hanging.length > 0)
        throw new Error(
          `Something hangs on the tables that are to be replaced: ${hanging.join(', ')}. Take it away first, and make it again after.`,
        );
      this.migrations = await migrationsOf(keeper);
      // Asked first, so that nothing is begun whose source cannot be read.
      this.events = eventsOf(await headsOf(given.feed, given.signal));
      given.step(
        `${count(this.events)} events to read; the books take ${megabytes(await sizeOf(keeper, LIVE))} MB, and until the switch as much again`,
      );
      await makeBeside(keeper, serviceRole('accounts'));
      return await this.filled();
    } finally {
      await this.filling.end();
      // Where the connection is gone, the next run removes it.
      await dropBeside(keeper).catch(() => {});
    }
  }

  private async filled(): Promise<Rebuilt> {
    const { events, given } = this;
    const { althoughDifferent, step } = given;
    await this.filling.toTheEnd(events);
    const { behind, found } = await this.compared();
    if (found.length > 0 && !althoughDifferent) return { events, behind, differences: found, switched: false };
    step('switching');
    await this.switchBooks();
    return { events, behind, differences: found, switched: true };
  }

  /** The books made again, and those that are read, at the same positions, whatever is written to those meanwhile. */
  private async compared(): Promise<{ readonly behind: number; readonly found: readonly Difference[] }> {
    const { adminUrl, step, signal } = this.given;
    const comparer = await connected(adminUrl);
    const { rows } = await comparer.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const stop = (): void => void this.keeper.query('SELECT pg_cancel_backend($1)', [rows[0]!.pid]).catch(() => {});
    signal.addEventListener('abort', stop);
    try {
      step('tidying up');
      await comparer.query(`VACUUM (ANALYZE) ${inSchema(BESIDE, replacedTables)}`);
      const { behind, claims } = await this.atSamePositions(comparer);
      if (behind > 0) step(`the books that are read stand still, ${count(behind)} events behind the journal`);
      step('comparing');
      await comparer.query(`SET LOCAL work_mem = '${WORK_MEMORY}'`);
      const found = [...(await differences(comparer)), ...(await claimed(comparer, claims))];
      await comparer.query('ROLLBACK');
      return { behind, found };
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      await comparer.end();
    }
  }

  /**
   * Begins a transaction of `comparer` that sees both books at the same positions. For a moment the books that are read are not fed.
   * @returns what keeps them from being at the same positions.
   */
  private async atSamePositions(comparer: pg.Client): Promise<{ readonly behind: number; readonly claims: readonly Claim[] }> {
    const { books, filling } = this;
    let apart: { readonly behind: number; readonly claims: readonly Claim[] } = { behind: 0, claims: [] };
    await books.tried(async (patience) => {
      await filling.toTheEnd(this.events);
      const behind = await books.liveCatchesUp();
      await books
        .held(patience, 'SHARE ROW EXCLUSIVE', async (claims) => {
          apart = { behind, claims };
          await comparer.query(`BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL lock_timeout = ${patience};
            LOCK TABLE ${inSchema(LIVE, bookTables)} IN ACCESS SHARE MODE`);
          await comparer.query(`SELECT FROM ${LIVE}.ledgers LIMIT 1`);
        })
        .catch(async (error: unknown) => {
          await comparer.query('ROLLBACK').catch(() => {});
          throw error;
        });
    });
    return apart;
  }

  private async switchBooks(): Promise<void> {
    const { books, filling, keeper } = this;
    await books.tried(async (patience) => {
      await filling.toTheEnd(this.events);
      await books.held(patience, 'ACCESS EXCLUSIVE', async (claims) => {
        // Books that claim more than there is are mended, and go back; no others do.
        if (claims.length > 0 && !this.given.althoughDifferent) throw new NotNow('the journal does not give what the books have');
        await keeper.query(`LOCK TABLE ${inSchema(LIVE, bookTables)} IN ACCESS EXCLUSIVE MODE`);
        if ((await migrationsOf(keeper)) !== this.migrations)
          throw new Error('A migration has changed the tables meanwhile. Run it again, with the program that the tables are of.');
        await putInPlace(keeper);
      });
    });
  }
}

/** Which migrations the tables have. */
async function migrationsOf(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ names: string }>(`SELECT string_agg(name, ' ' ORDER BY name) AS names FROM ${LIVE}.migrations`);
  return rows[0]!.names;
}

const megabytes = (bytes: number): string => count(Math.ceil(bytes / 1e6));
