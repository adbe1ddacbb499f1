import { setTimeout as pause } from 'node:timers/promises';
import { UnknownCommit } from '@mizan/database';
import { FEED_LIMITS, wholeGroups } from '@mizan/messaging';
import type pg from 'pg';
import { LIVE, inSchema } from './book-tables.js';
import { BESIDE, progressTables } from './books-beside.js';
import type { Filling, Source } from './filling.js';
import { type StreamVersions, count, eventsOf, versionsIn } from '../tables/stream-versions.js';

const LOOK_EVERY_MS = 100;
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
/** For one statement while readers may be waiting, ms: a list of tables is many locks. */
const LONGEST_STATEMENT_MS = 2_000;

/** SQLSTATE: a lock that was not had in time, or never could be, or many that were not. */
const heldUp: ReadonlySet<unknown> = new Set(['55P03', '40P01', '57014']);

/** Others are busy with the books; it is tried again. */
export class NotNow extends Error {}

/** A journal of which the books say that they include more than there is. */
export interface Claim {
  readonly stream: string;
  readonly live: number;
  readonly journal: number;
}

/** The books that are read, held for a moment at a position to which those made again are brought. */
export class HeldBooks {
  constructor(
    private readonly source: Pick<Source, 'feed' | 'step' | 'signal' | 'consumer'>,
    /** Of the tables' owner; the books are held in its transactions. */
    private readonly keeper: pg.Client,
    private readonly filling: Filling,
  ) {}

  /** Does it again while others hold the tables, or too much comes in. @param work with how long it may wait for each lock, ms */
  async tried(work: (patience: number) => Promise<void>): Promise<void> {
    const until = Date.now() + TRYING_MS;
    for (let tries = 0; ; tries++) {
      try {
        return await work(PATIENCE_MS[Math.min(tries, PATIENCE_MS.length - 1)]!);
      } catch (error) {
        this.source.signal.throwIfAborted();
        if (!(error instanceof NotNow) && !heldUp.has((error as { code?: unknown }).code)) throw error;
        const why = error instanceof NotNow ? error.message : 'others hold the books, such as long reads';
        if (Date.now() > until) throw new Error(`The books could not be had for a moment: ${why}. Run it again.`, { cause: error });
        this.source.step(`once more: ${why}`);
        await pause(BETWEEN_TRIES_MS);
      }
    }
  }

  /**
   * One transaction in which nobody else feeds the books, and both stand at the same positions.
   * @param patience for each of its locks, ms.
   * @param mode of the lock on what says which events are in.
   * @param work with what the books that are read say they have, and the journal does not.
   */
  async held(
    patience: number,
    mode: 'SHARE ROW EXCLUSIVE' | 'ACCESS EXCLUSIVE',
    work: (claims: readonly Claim[]) => Promise<void>,
  ): Promise<void> {
    const { keeper } = this;
    await keeper.query(`BEGIN; SET LOCAL lock_timeout = ${patience}; SET LOCAL statement_timeout = ${LONGEST_STATEMENT_MS}`);
    try {
      await keeper.query(`LOCK TABLE ${inSchema(LIVE, progressTables)} IN ${mode} MODE`);
      await work(await this.bringToLive());
    } catch (error) {
      await keeper.query('ROLLBACK').catch(() => {});
      throw error;
    }
    await keeper.query('COMMIT').catch((error: unknown) => {
      throw new UnknownCommit(error);
    });
  }

  /** Until the books that are read have everything that those made again have, or stand still. @returns how many events they lack then. */
  async liveCatchesUp(): Promise<number> {
    const goals = await this.versions(BESIDE);
    let moved = Date.now();
    for (let before = -1; ;) {
      const live = await this.versions(LIVE);
      const lacking = [...goals].reduce((all, [stream, version]) => all + Math.max(0, version - (live.get(stream) ?? 0)), 0);
      if (lacking === 0) return 0;
      const now = eventsOf(live);
      if (now !== before) moved = Date.now();
      before = now;
      if (Date.now() - moved > STANDING_STILL_MS) return lacking;
      this.source.signal.throwIfAborted();
      await pause(LOOK_EVERY_MS);
    }
  }

  /** Brings the books made again up to those that are read, which are held meanwhile. @returns what they say they have, and the journal does not. */
  private async bringToLive(): Promise<readonly Claim[]> {
    const [live, made] = [await this.versions(LIVE), await this.versions(BESIDE)];
    const behind = [...live].filter(([stream, version]) => (made.get(stream) ?? 0) < version);
    const missing = behind.reduce((all, [stream, version]) => all + version - (made.get(stream) ?? 0), 0);
    if (missing > MOST_MISSING) throw new NotNow(`${count(missing)} events came in meanwhile`);
    const signal = AbortSignal.any([this.source.signal, AbortSignal.timeout(BRINGING_MS)]);
    try {
      const claims: Claim[] = [];
      for (const [stream, goal] of behind) {
        const journal = await this.bring(stream, made.get(stream) ?? 0, goal, signal);
        if (journal < goal) claims.push({ stream, live: goal, journal });
      }
      return claims;
    } catch (error) {
      if (signal.aborted) throw new NotNow('what came in meanwhile did not arrive in time');
      throw error;
    }
  }

  /** @returns how far it came. */
  private async bring(stream: string, from: number, goal: number, signal: AbortSignal): Promise<number> {
    let version = from;
    while (version < goal) {
      signal.throwIfAborted();
      const page = await this.source.feed.stream(stream, version, FEED_LIMITS.events, signal);
      const events = wholeGroups(page.filter((event) => event.version <= goal));
      if (events.length === 0) break;
      await this.filling.receive(stream, events);
      version = events.at(-1)!.version;
    }
    return version;
  }

  private versions(schema: string): Promise<StreamVersions> {
    return versionsIn(this.keeper, schema, this.source.consumer);
  }
}
