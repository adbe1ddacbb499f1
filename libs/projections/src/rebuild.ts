import type pg from 'pg';
import { type Difference, checkDescriptions, claimed, differences } from './comparison.js';
import { Filling, type Source } from './filling.js';
import { alone, ownerConnection } from './owner-connection.js';
import { type Claim, NotNow, PausedWriters } from './paused-writers.js';
import { type ReadModel, inSchema, migrationTables, tableNames, replacedTables, shadowSchema } from './read-model.js';
import { dropShadow, hangingOn, makeShadow, sizeOf, switchTables, wronglyListed } from './shadow-tables.js';
import { count, eventsOf, headsOf } from './stream-versions.js';

/** Broken off by its signal, nothing is changed, and what was made is removed. */
export interface Rebuilding extends Source {
  /** The owner of the tables: makes the new ones and puts them in the place of the old. */
  readonly adminUrl: string;
  /** Whether tables that differ from those made again are replaced all the same. */
  readonly althoughDifferent: boolean;
}

export interface Rebuilt {
  /** Of all streams, when it began. */
  readonly events: number;
  /** How many events the tables that were read lacked, standing still: what they lack is told as different, too. */
  readonly behind: number;
  /** Where the tables that were read and those made again were not the same. */
  readonly differences: readonly Difference[];
  /** Whether those made again are the ones that are read now. */
  readonly switched: boolean;
}

const WORK_MEMORY = '64MB';

/**
 * Makes a read model again from its feed in shadow tables, while those that are read go on being fed and read; compares both at the same
 * positions; puts the new ones in the place of the old in one short transaction. Broken off at any moment, the tables that are read are
 * untouched, and the next one begins anew.
 */
export async function rebuild(rebuilding: Rebuilding): Promise<Rebuilt> {
  const keeper = await ownerConnection(rebuilding.adminUrl, rebuilding.model);
  try {
    await alone(keeper, rebuilding.model);
    return await new Rebuild(rebuilding, keeper).run();
  } finally {
    await keeper.end();
  }
}

class Rebuild {
  private readonly filling: Filling;
  private readonly writers: PausedWriters;
  private migrations = '';
  /** Of all streams, when it began. */
  private events = 0;

  constructor(
    private readonly given: Rebuilding,
    /** Holds the lock that keeps others out; without it nothing is switched. */
    private readonly keeper: pg.Client,
  ) {
    this.filling = new Filling(given, keeper);
    this.writers = new PausedWriters(given, keeper, this.filling);
  }

  async run(): Promise<Rebuilt> {
    const { keeper } = this;
    const { model, feed, signal, step } = this.given;
    try {
      const wrong = await wronglyListed(keeper, model);
      if (wrong.length > 0)
        throw new Error(`The ${model.called.tables} are not the tables that this program knows: ${wrong.join(', ')}. Nothing was changed.`);
      const hanging = await hangingOn(keeper, model);
      if (hanging.length > 0)
        throw new Error(
          `Something hangs on the tables that are to be replaced: ${hanging.join(', ')}. Take it away first, and make it again after.`,
        );
      await checkDescriptions(keeper, model);
      this.migrations = await migrationsOf(keeper, model);
      // Asked first, so that nothing is begun whose source cannot be read.
      this.events = eventsOf(await headsOf(feed, signal));
      const size = megabytes(await sizeOf(keeper, model));
      step(`${count(this.events)} events to read; the ${model.called.tables} take ${size} MB, and until the switch as much again`);
      await makeShadow(keeper, model);
      return await this.filled();
    } finally {
      await this.filling.end();
      // Where the connection is gone, the next run removes it.
      await dropShadow(keeper, model).catch(() => {});
    }
  }

  private async filled(): Promise<Rebuilt> {
    const { events, given } = this;
    const { althoughDifferent, step } = given;
    await this.filling.toTheEnd(events);
    const { behind, found } = await this.compared();
    if (found.length > 0 && !althoughDifferent) return { events, behind, differences: found, switched: false };
    step('switching');
    await this.switched();
    return { events, behind, differences: found, switched: true };
  }

  /** The tables made again, and those that are read, at the same positions, whatever is written to those meanwhile. */
  private async compared(): Promise<{ readonly behind: number; readonly found: readonly Difference[] }> {
    const { adminUrl, model, step, signal } = this.given;
    const { called } = model;
    const comparer = await ownerConnection(adminUrl, model);
    const { rows } = await comparer.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const stop = (): void => void this.keeper.query('SELECT pg_cancel_backend($1)', [rows[0]!.pid]).catch(() => {});
    signal.addEventListener('abort', stop);
    try {
      step('tidying up');
      await comparer.query(`VACUUM (ANALYZE) ${inSchema(shadowSchema(model.schema), replacedTables(model))}`);
      const { behind, claims } = await this.atSamePositions(comparer);
      if (behind > 0) step(`the ${called.tables} that are read stand still, ${count(behind)} events behind the ${called.source}`);
      step('comparing');
      await comparer.query(`SET LOCAL work_mem = '${WORK_MEMORY}'`);
      const found = [...(await differences(comparer, model)), ...(await claimed(comparer, model, claims))];
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
   * Begins a transaction of `comparer` that sees both at the same positions. For a moment the tables that are read are not fed.
   * @returns what keeps them from being at the same positions.
   */
  private async atSamePositions(comparer: pg.Client): Promise<{ readonly behind: number; readonly claims: readonly Claim[] }> {
    const { writers, filling } = this;
    const { model } = this.given;
    const tables = tableNames(model);
    let apart: { readonly behind: number; readonly claims: readonly Claim[] } = { behind: 0, claims: [] };
    await writers.tried(async (patience) => {
      await filling.toTheEnd(this.events);
      const behind = await writers.liveCatchesUp();
      await writers
        .paused(patience, 'SHARE ROW EXCLUSIVE', async (claims) => {
          apart = { behind, claims };
          await comparer.query(`BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL lock_timeout = ${patience};
            LOCK TABLE ${inSchema(model.schema, tables)} IN ACCESS SHARE MODE`);
          // The first read takes the snapshot.
          await comparer.query(`SELECT FROM ${model.schema}.${tables[0]} LIMIT 1`);
        })
        .catch(async (error: unknown) => {
          await comparer.query('ROLLBACK').catch(() => {});
          throw error;
        });
    });
    return apart;
  }

  private async switched(): Promise<void> {
    const { writers, filling, keeper } = this;
    const { model, althoughDifferent } = this.given;
    const { schema, called } = model;
    await writers.tried(async (patience) => {
      await filling.toTheEnd(this.events);
      await writers.paused(patience, 'ACCESS EXCLUSIVE', async (claims) => {
        // Tables that claim more than there is are mended, and go back; no others do.
        if (claims.length > 0 && !althoughDifferent) throw new NotNow(`the ${called.source} does not give what the ${called.tables} have`);
        await keeper.query(`LOCK TABLE ${inSchema(schema, tableNames(model))} IN ACCESS EXCLUSIVE MODE`);
        if ((await migrationsOf(keeper, model)) !== this.migrations)
          throw new Error('A migration has changed the tables meanwhile. Run it again, with the program that the tables are of.');
        await switchTables(keeper, model);
      });
    });
  }
}

/** Which migrations the tables have. */
async function migrationsOf(client: pg.ClientBase, model: ReadModel): Promise<string> {
  const run = migrationTables(model).map((table) => `SELECT name FROM ${model.schema}.${table}`);
  const { rows } = await client.query<{ names: string }>(
    `SELECT string_agg(name, ' ' ORDER BY name) AS names FROM (${run.join(' UNION ALL ')}) AS run`,
  );
  return rows[0]!.names;
}

const megabytes = (bytes: number): string => count(Math.ceil(bytes / 1e6));
