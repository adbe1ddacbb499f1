import { readFileSync, readdirSync } from 'node:fs';
import type { ResultBody } from '@mizan/contracts';
import { CheckedClock } from '@mizan/writer';
import type { OpenLedgers } from '@mizan/writer/ledger';
import { carryOutBatch } from './http/batch.js';
import { PostgresAssets } from './tables/assets.postgres.js';
import { origin, startWriters, transfersDatabase } from './writing.fixture.js';

// What the recipes print under "Over HTTP" is sent as it stands, each batch at the moment it names, and answered as they say.

const recipes = new URL('../../../docs/recipes/', import.meta.url);
const names = readdirSync(recipes).filter((file) => file.endsWith('.md') && file !== 'README.md');

/** A clock that stands at the moment a recipe is told at. */
class StandingClock extends CheckedClock {
  moment = 0;

  override now(): number {
    return this.moment;
  }

  override checkedNow(): number {
    return this.moment;
  }
}

interface Batch {
  readonly at: number;
  readonly body: unknown;
  /** What comes back beside plain `applied`, by the path of its operation. */
  readonly results: ReadonlyMap<string, unknown>;
}

function batchesOf(page: string): readonly Batch[] {
  return [...page.matchAll(/<details><summary>At (\S+): .*?<\/summary>\n\n```json\n(.*?)\n```\n\n(.*?)<\/details>/gs)].map(
    ([, at, body, answers]) => ({
      at: Date.parse(at!),
      body: JSON.parse(body!) as unknown,
      results: new Map(
        [...answers!.matchAll(/^\| `(\S+)`,?.*? \| `(\{.*\})` \|$/gm)].map(([, path, result]) => [path!, JSON.parse(result!)]),
      ),
    }),
  );
}

/** Results by the path of their operation, in as many words as a recipe uses. */
function told(results: readonly ResultBody[], path = 'operations'): readonly (readonly [string, unknown])[] {
  return results.flatMap((result, place) => {
    const { status, replayed, code, amount, results: members } = result;
    const gist = { status, ...(replayed && { replayed }), ...(code && { code }), ...(amount && { amount }) };
    return [[`${path}/${place}`, gist] as const, ...told(members ?? [], `${path}/${place}/operations`)];
  });
}

describe('a recipe, sent as it is printed', () => {
  let database: Awaited<ReturnType<typeof transfersDatabase>>;
  let open: OpenLedgers;
  const clock = new StandingClock();

  beforeAll(async () => {
    database = await transfersDatabase();
    open = await startWriters(database.pool, database.store, { clock });
  }, 120_000);

  afterAll(async () => {
    await open.stop(5_000);
    await database.drop();
  });

  it('is one of ten', () => expect(names).toHaveLength(10));

  it.each(names)('%s', async (name) => {
    const page = readFileSync(new URL(name, recipes), 'utf8');
    const batches = batchesOf(page);
    const ledger = { uid: name, tenant: 'recipes' };
    for (const [, code, exponent] of page.matchAll(/^PUT \/v1\/assets\/(\w+) +\{ "exponent": (\d+) \}$/gm))
      await new PostgresAssets(database.pool).define(ledger.tenant, code!, Number(exponent));
    clock.moment = batches[0]!.at;
    await open.ask(ledger, [{ kind: 'open-ledger', tenant: ledger.tenant, ledger: name, name }], origin);
    for (const { at, body, results } of batches) {
      clock.moment = at;
      const answers = told(await carryOutBatch(body, at, null, (asks) => open.ask(ledger, asks, origin)));
      const expected = answers.map(([path]) => [path, results.get(path) ?? { status: 'applied' }] as const);
      expect(answers).toEqual(expected);
      expect([...results.keys()].filter((path) => !answers.some(([answered]) => answered === path))).toEqual([]);
    }
    expect(batches.length).toBeGreaterThan(0);
  });
});
