import { setTimeout as pause } from 'node:timers/promises';
import { UnknownCommit } from '@mizan/database';
import { FEED_LIMITS, wholeGroups } from '@mizan/messaging';
import type pg from 'pg';
import type { Filling, Source } from './filling.js';
import { inSchema, progressTables, shadowSchema } from './read-model.js';
import { type StreamVersions, count, eventsOf, versionsIn } from './stream-versions.js';

const LOOK_EVERY_MS = 100;
/** Tables that are read and have not moved for so long stand still. */
const STANDING_STILL_MS = 10_000;
/**
 * How long the tables may wait for readers under way, ms: everybody who comes meanwhile waits behind them. The first tries are short; the last ones
 * are longer than the second after which the server lets go of its own tidying up.
 */
const PATIENCE_MS = [100, 300, 600, 1_200] as const;
const BETWEEN_TRIES_MS = 500;
const TRYING_MS = 600_000;
/** What may be missing while the writers are paused, and how long bringing it may take. */
const MOST_MISSING = 5_000;
const BRINGING_MS = 1_500;
/** For one statement while readers may be waiting, ms: a list of tables is many locks. */
const LONGEST_STATEMENT_MS = 2_000;

/** SQLSTATE: a lock that was not had in time, or never could be, or many that were not. */
const heldUp: ReadonlySet<unknown> = new Set(['55P03', '40P01', '57014']);

/** Others are busy with the tables; it is tried again. */
export class NotNow extends Error {}

/** A stream of which the tables that are read say that they include more than there is. */
export interface Claim {
  readonly stream: string;
  readonly live: number;
  readonly source: number;
}

/** Nobody writes the tables that are read for a moment, in which the shadow tables are brought to the same positions. */
export class PausedWriters {
  constructor(
    private readonly source: Pick<Source, 'model' | 'feed' | 'step' | 'signal'>,
    /** Of the tables' owner; the writers wait for its transactions. */
    private readonly keeper: pg.Client,
    private readonly filling: Filling,
  ) {}

  /** Does it again while others hold the tables, or too much comes in. @param work with how long it may wait for each lock, ms */
  async tried(work: (patience: number) => Promise<void>): Promise<void> {
    const { tables } = this.source.model.called;
    const until = Date.now() + TRYING_MS;
    for (let tries = 0; ; tries++) {
      try {
        return await work(PATIENCE_MS[Math.min(tries, PATIENCE_MS.length - 1)]!);
      } catch (error) {
        this.source.signal.throwIfAborted();
        if (!(error instanceof NotNow) && !heldUp.has((error as { code?: unknown }).code)) throw error;
        const why = error instanceof NotNow ? error.message : `others hold the ${tables}, such as long reads`;
        if (Date.now() > until) throw new Error(`The ${tables} could not be had for a moment: ${why}. Run it again.`, { cause: error });
        this.source.step(`once more: ${why}`);
        await pause(BETWEEN_TRIES_MS);
      }
    }
  }

  /**
   * One transaction in which nobody else feeds the tables, and both stand at the same positions.
   * @param patience for each of its locks, ms.
   * @param mode of the lock on what says which events are in.
   * @param work with what the tables that are read say they have, and the source does not.
   */
  async paused(
    patience: number,
    mode: 'SHARE ROW EXCLUSIVE' | 'ACCESS EXCLUSIVE',
    work: (claims: readonly Claim[]) => Promise<void>,
  ): Promise<void> {
    const { keeper } = this;
    await keeper.query(`BEGIN; SET LOCAL lock_timeout = ${patience}; SET LOCAL statement_timeout = ${LONGEST_STATEMENT_MS}`);
    try {
      await keeper.query(`LOCK TABLE ${inSchema(this.source.model.schema, progressTables)} IN ${mode} MODE`);
      await work(await this.bringToLive());
    } catch (error) {
      await keeper.query('ROLLBACK').catch(() => {});
      throw error;
    }
    await keeper.query('COMMIT').catch((error: unknown) => {
      throw new UnknownCommit(error);
    });
  }

  /** Until the tables that are read have everything that the shadow tables have, or stand still. @returns how many events they lack then. */
  async liveCatchesUp(): Promise<number> {
    const { schema } = this.source.model;
    const goals = await this.versions(shadowSchema(schema));
    let moved = Date.now();
    for (let before = -1; ;) {
      const live = await this.versions(schema);
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

  /** Brings the shadow tables up to those that are read, which stand still meanwhile. @returns what they say they have, and the source does not. */
  private async bringToLive(): Promise<readonly Claim[]> {
    const { schema } = this.source.model;
    const [live, made] = [await this.versions(schema), await this.versions(shadowSchema(schema))];
    const behind = [...live].filter(([stream, version]) => (made.get(stream) ?? 0) < version);
    const missing = behind.reduce((all, [stream, version]) => all + version - (made.get(stream) ?? 0), 0);
    if (missing > MOST_MISSING) throw new NotNow(`${count(missing)} events came in meanwhile`);
    const signal = AbortSignal.any([this.source.signal, AbortSignal.timeout(BRINGING_MS)]);
    try {
      const claims: Claim[] = [];
      for (const [stream, goal] of behind) {
        const source = await this.bring(stream, made.get(stream) ?? 0, goal, signal);
        if (source < goal) claims.push({ stream, live: goal, source });
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
    return versionsIn(this.keeper, schema, this.source.model.consumer);
  }
}
