import type { Pool } from 'pg';
import { PostgresCommandIds } from './command-ids.postgres.js';
import { transfersDatabase } from '../writing.fixture.js';

let database: Awaited<ReturnType<typeof transfersDatabase>>;

beforeAll(async () => {
  database = await transfersDatabase();
}, 120_000);
afterAll(() => database.drop());

/** Connections of a process that stands still for ever once it has had so many statements carried out. */
function standingStillAfter(statements: number): { pool: Pool; still: Promise<void>; end: () => Promise<void> } {
  const stands = Promise.withResolvers<void>();
  const clients: { release(destroy: boolean): void }[] = [];
  let carriedOut = 0;
  const query = async (real: (...given: unknown[]) => Promise<unknown>, given: unknown[]): Promise<unknown> => {
    const answer = await real(...given);
    carriedOut += 1;
    if (carriedOut < statements) return answer;
    stands.resolve();
    return new Promise(() => undefined);
  };
  const over = <T extends { query: unknown }>(real: T, more: object): T =>
    new Proxy(real, {
      get: (target, name) => {
        if (name === 'query') return (...given: unknown[]) => query((target.query as () => Promise<unknown>).bind(target), given);
        return (Reflect.get(more, name) ?? Reflect.get(target, name)) as unknown;
      },
    });
  const connect = async (): Promise<unknown> => {
    const client = await database.pool.connect();
    clients.push(client);
    return over(client, {});
  };
  return {
    pool: over(database.pool, { connect }),
    still: stands.promise,
    end: async () => clients.forEach((client) => client.release(true)),
  };
}

it.each([1, 2, 3, 4])('stands in nobody’s way when its process stands still after statement %i', async (statements) => {
  const ledger = `still-${statements}`;
  const entries = [{ position: 1, spent: 'one', later: { id: 'hold', by: null } }];
  const standing = { nextExpiry: null, closedThrough: null };
  const { pool, still, end } = standingStillAfter(statements);
  const added = new PostgresCommandIds(pool).add(ledger, entries, 1, standing);
  // What needs fewer statements is done before.
  await Promise.race([still, added]);
  const other = new PostgresCommandIds(database.pool);
  await other.add(ledger, entries, 1, standing);
  expect(await other.followed(ledger)).toMatchObject({ through: 1 });
  expect(await other.positions(ledger, ['one'])).toEqual(new Map([['one', 1]]));
  await end();
});
