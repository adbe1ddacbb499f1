import { setTimeout as pause } from 'node:timers/promises';
import { UnknownCommit, columnTypes, openPool, serviceRole } from '@mizan/database';
import { FEED_LIMITS, type Feed, Follower, Inbox, wholeGroups } from '@mizan/messaging';
import pg from 'pg';
import { BESIDE, LIVE, dropBeside, hangingOn, makeBeside, progressTables, putInPlace, replacedTables, sizeOf } from './books-beside.js';
import { type Difference, differences } from './comparison.js';
import { JournalProjection } from './journal.projection.js';
import { bookTables, inSchema } from './snapshot.js';

export interface Rebuilding {
  /** The owner of the tables: makes the new ones and puts them in the place of the old. */
  readonly adminUrl: string;
  /** The service's role: fills them. */
  readonly url: string;
  readonly consumer: string;
  readonly feed: Feed;
  /** Whether books that differ from those made again are replaced all the same. */
  readonly althoughDifferent: boolean;
  /** What is going on, for whoever waits. */
  readonly step: (text: string) => void;
  /** Breaks it off: nothing is changed, and what was made is removed. */
  readonly signal: AbortSignal;
}

export interface Rebuilt {
  /** Of all journals, when the comparison began. */
  readonly events: number;
  /** Where the books that were read and those made again were not the same. */
  readonly differences: readonly Difference[];
  /** Whether those made again are the ones that are read now. */
  readonly switched: boolean;
}

/** One number for everyone who makes the books of a database again. */
const REBUILD_LOCK = 0x626f6f6b73;
const CONNECTIONS = 4;
const LOOK_EVERY_MS = 100;
const TELL_EVERY_MS = 5_000;
/** Books that are read and have not moved for so long stand still. */
const STANDING_STILL_MS = 10_000;
/**
 * How long the books may wait for readers under way, ms: everybody who comes meanwhile waits behind them. The first tries are short; the last ones
 * are longer than the second after which the server lets go of its own tidying up.
 */
const PATIENCE_MS = [100, 300, 600, 1_200] as const;
const BETWEEN_TRIES_MS = 500;
const TRYING_MS = 600_000;
/** What may be missing while the books are held, and how long bringing it may take. */
const MOST_MISSING = 5_000;
const BRINGING_MS = 1_500;

const WORK_MEMORY = '64MB';

/** For one statement while readers may be waiting, ms: a list of tables is many locks. */
const LONGEST_STATEMENT_MS = 2_000;

/** SQLSTATE: a lock that was not had in time, or never could be, or many that were not. */
const heldUp: ReadonlySet<unknown> = new Set(['55P03', '40P01', '57014']);

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
  private readonly pool: pg.Pool;
  private readonly inbox: Inbox;
  private readonly follower: Follower;
  private migrations = '';
  /** Of all journals, when it began. */
  private events = 0;

  constructor(
    private readonly given: Rebuilding,
    /** Holds the lock that keeps others out; without it nothing is switched. */
    private readonly keeper: pg.Client,
  ) {
    const { url, consumer, feed } = given;
    this.pool = openPool({ url, name: 'accounts_rebuild', max: CONNECTIONS });
    this.inbox = new Inbox({ pool: this.pool, schema: BESIDE, consumer, projection: new JournalProjection(BESIDE) });
    this.follower = new Follower({ inbox: this.inbox, feed, bus: 'feed' });
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
      this.events = sum(await headsOf(given.feed, given.signal));
      given.step(
        `${count(this.events)} events to read; the books take ${megabytes(await sizeOf(keeper, LIVE))} MB, and until the switch as much again`,
      );
      await makeBeside(keeper, serviceRole('accounts'));
      return await this.filled();
    } finally {
      await this.follower.stop();
      await this.pool.end();
      // Where the connection is gone, the next run removes it.
      await dropBeside(keeper).catch(() => {});
    }
  }

  private async filled(): Promise<Rebuilt> {
    const { events, given } = this;
    const { althoughDifferent, step } = given;
    await this.followToTheEnd();
    const found = await this.compared();
    if (found.length > 0 && !althoughDifferent) return { events, differences: found, switched: false };
    step('switching');
    await this.switchBooks();
    return { events, differences: found, switched: true };
  }

  /** Applies what there is, and stops where nothing more was waiting. */
  private async followToTheEnd(): Promise<void> {
    const { follower, given, keeper } = this;
    const began = Date.now();
    follower.start();
    for (let told = began; ;) {
      given.signal.throwIfAborted();
      const { state, halted, lastError, lag } = follower.status();
      if (halted !== null) throw new Error(`The journal cannot be applied: ${halted}`);
      // Whoever shares the disk needs it more.
      if (lastError !== null && /No space left on device/.test(lastError))
        throw new Error(`The disk of the database is full: ${lastError}. The books need as much again until the switch.`);
      if (state === 'following') break;
      if (Date.now() - told >= TELL_EVERY_MS) {
        told = Date.now();
        const done = sum(await versionsIn(keeper, BESIDE));
        const text = progress(done, Math.max(this.events, done + lag), told - began);
        given.step(lastError === null ? text : `${text}; ${lastError}`);
      }
      // It also shows that the keeper's connection still lives.
      await keeper.query('SELECT');
      await pause(LOOK_EVERY_MS);
    }
    await this.standStill();
  }

  /** Nothing is being written any more. */
  private async standStill(): Promise<void> {
    await this.follower.stop();
    while (this.pool.idleCount < this.pool.totalCount) await pause(LOOK_EVERY_MS);
  }

  /** The books made again, and those that are read, at the same positions, whatever is written to those meanwhile. */
  private async compared(): Promise<readonly Difference[]> {
    const { adminUrl, step, signal } = this.given;
    const comparer = await connected(adminUrl);
    const { rows } = await comparer.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const stop = (): void => void this.keeper.query('SELECT pg_cancel_backend($1)', [rows[0]!.pid]).catch(() => {});
    signal.addEventListener('abort', stop);
    try {
      step('tidying up');
      await comparer.query(`VACUUM (ANALYZE) ${inSchema(BESIDE, replacedTables)}`);
      await this.atSamePositions(comparer);
      step('comparing');
      await comparer.query(`SET LOCAL work_mem = '${WORK_MEMORY}'`);
      const found = await differences(comparer);
      await comparer.query('ROLLBACK');
      return found;
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      await comparer.end();
    }
  }

  /** Begins a transaction of `comparer` that sees both books at the same positions. For a moment the books that are read are not fed. */
  private async atSamePositions(comparer: pg.Client): Promise<void> {
    await this.tried(async (patience) => {
      await this.followToTheEnd();
      await this.liveCatchesUp();
      await this.held(patience, async () => {
        await this.keeper.query(`LOCK TABLE ${inSchema(LIVE, progressTables)} IN SHARE ROW EXCLUSIVE MODE`);
        await this.bringToLive();
        await comparer.query(`BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL lock_timeout = ${patience};
          LOCK TABLE ${inSchema(LIVE, bookTables)} IN ACCESS SHARE MODE`);
        await comparer.query('SELECT FROM accounts.ledgers LIMIT 1');
      }).catch(async (error: unknown) => {
        await comparer.query('ROLLBACK').catch(() => {});
        throw error;
      });
    });
  }

  private async switchBooks(): Promise<void> {
    const { keeper } = this;
    await this.tried(async (patience) => {
      await this.followToTheEnd();
      await this.held(patience, async () => {
        await keeper.query(`LOCK TABLE ${inSchema(LIVE, progressTables)} IN ACCESS EXCLUSIVE MODE`);
        // Books that claim more than there is are mended, and go back; no others do.
        if (!(await this.bringToLive()) && !this.given.althoughDifferent) throw new NotNow('the journal does not give what the books have');
        await keeper.query(`LOCK TABLE ${inSchema(LIVE, bookTables)} IN ACCESS EXCLUSIVE MODE`);
        if ((await migrationsOf(keeper)) !== this.migrations)
          throw new Error('A migration has changed the tables meanwhile. Run it again, with the program that the tables are of.');
        await putInPlace(keeper);
      });
    });
  }

  /** One transaction of the keeper. @param patience for each of its locks, ms. */
  private async held(patience: number, work: () => Promise<void>): Promise<void> {
    const { keeper } = this;
    await keeper.query(`BEGIN; SET LOCAL lock_timeout = ${patience}; SET LOCAL statement_timeout = ${LONGEST_STATEMENT_MS}`);
    try {
      await work();
    } catch (error) {
      await keeper.query('ROLLBACK').catch(() => {});
      throw error;
    }
    await keeper.query('COMMIT').catch((error: unknown) => {
      throw new UnknownCommit(error);
    });
  }

  /** Again while others hold the tables, or too much comes in. */
  private async tried(work: (patience: number) => Promise<void>): Promise<void> {
    const until = Date.now() + TRYING_MS;
    for (let tries = 0; ; tries++) {
      try {
        return await work(PATIENCE_MS[Math.min(tries, PATIENCE_MS.length - 1)]!);
      } catch (error) {
        this.given.signal.throwIfAborted();
        if (!(error instanceof NotNow) && !heldUp.has((error as { code?: unknown }).code)) throw error;
        const why = error instanceof NotNow ? error.message : 'others hold the books, such as long reads';
        if (Date.now() > until) throw new Error(`The books could not be had for a moment: ${why}. Run it again.`, { cause: error });
        this.given.step(`once more: ${why}`);
        await pause(BETWEEN_TRIES_MS);
      }
    }
  }

  /** Until the books that are read have everything that those made again have, or stand still. */
  private async liveCatchesUp(): Promise<void> {
    const goals = await versionsIn(this.keeper, BESIDE);
    let moved = Date.now();
    for (let before = -1; ;) {
      const live = await versionsIn(this.keeper, LIVE);
      if ([...goals].every(([stream, version]) => (live.get(stream) ?? 0) >= version)) return;
      const now = sum(live);
      if (now !== before) moved = Date.now();
      before = now;
      if (Date.now() - moved > STANDING_STILL_MS) return;
      this.given.signal.throwIfAborted();
      await pause(LOOK_EVERY_MS);
    }
  }

  /** Brings the books made again up to those that are read, which are held meanwhile. @returns whether the journal has what they say they have. */
  private async bringToLive(): Promise<boolean> {
    const [live, made] = [await versionsIn(this.keeper, LIVE), await versionsIn(this.keeper, BESIDE)];
    const behind = [...live].filter(([stream, version]) => (made.get(stream) ?? 0) < version);
    const missing = behind.reduce((all, [stream, version]) => all + version - (made.get(stream) ?? 0), 0);
    if (missing > MOST_MISSING) throw new NotNow(`${count(missing)} events came in meanwhile`);
    const signal = AbortSignal.any([this.given.signal, AbortSignal.timeout(BRINGING_MS)]);
    try {
      let whole = true;
      for (const [stream, goal] of behind) whole = (await this.bring(stream, made.get(stream) ?? 0, goal, signal)) && whole;
      return whole;
    } catch (error) {
      if (signal.aborted) throw new NotNow('what came in meanwhile did not arrive in time');
      throw error;
    }
  }

  private async bring(stream: string, from: number, goal: number, signal: AbortSignal): Promise<boolean> {
    for (let version = from; version < goal;) {
      signal.throwIfAborted();
      const page = await this.given.feed.stream(stream, version, FEED_LIMITS.events, signal);
      const events = wholeGroups(page.filter((event) => event.version <= goal));
      if (events.length === 0) return false;
      await this.inbox.receive([{ stream, events }]);
      version = events.at(-1)!.version;
    }
    return true;
  }
}

/** Others are busy with the books; it is tried again. */
class NotNow extends Error {}

async function headsOf(feed: Feed, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (let token: string | null = null; ;) {
    const { heads, next } = await feed.heads(token, FEED_LIMITS.heads, signal);
    for (const { stream, version } of heads) found.set(stream, Math.max(version, found.get(stream) ?? 0));
    if (next === token) return found;
    token = next;
  }
}

/** The last version that the books of a schema include, of each stream. */
async function versionsIn(client: pg.ClientBase, schema: string): Promise<ReadonlyMap<string, number>> {
  const { rows } = await client.query<{ stream: string; version: number }>(
    `SELECT stream, max(version) AS version FROM ${schema}.inbox GROUP BY stream`,
  );
  return new Map(rows.map(({ stream, version }) => [stream, version]));
}

/** Which migrations the tables have. */
async function migrationsOf(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ names: string }>(`SELECT string_agg(name, ' ' ORDER BY name) AS names FROM ${LIVE}.migrations`);
  return rows[0]!.names;
}

const sum = (versions: ReadonlyMap<string, number>): number => [...versions.values()].reduce((all, version) => all + version, 0);
const count = (events: number): string => events.toLocaleString('en');
const megabytes = (bytes: number): string => count(Math.ceil(bytes / 1e6));

/** @param ms since the first event. */
function progress(done: number, events: number, ms: number): string {
  const left = done === 0 ? '' : `, about ${count(Math.ceil(((Math.max(0, events - done) / done) * ms) / 1_000))} s left`;
  return `${count(done)} of ${count(events)} events${left}`;
}
