import type { HoldStatus, Metadata, Side } from '@mizan/ledger';
import { testDatabase } from '@mizan/testing';
import type pg from 'pg';
import { type BooksDatabase, booksDatabase } from '../books.fixture.js';
import { entryPage } from '../http/entry-page.js';
import { holdPage } from '../http/hold-page.js';
import { type Snapshot, openSnapshot } from './snapshot.js';

// How much of a large ledger a page reads: PostgreSQL says so itself. 100,000 entries, all of them debiting one account, and 20,000 holds.

const ENTRIES = 100_000;
const HOLDS = 20_000;
const HOUR = 3_600_000;
const ledger = { number: 1, id: 'main' };

let database: BooksDatabase;
let client: pg.PoolClient;
let snapshot: Snapshot;

beforeAll(async () => {
  database = await booksDatabase(await testDatabase());
  // One entry an hour. One in ten counts a thousand hours earlier; half have a reference that all of them share, one in a thousand has a
  // rare one; nearly all are invoices.
  await database.administer(`
    INSERT INTO accounts.entries (ledger, position, id, effective_at, recorded_at, reference, metadata, legs)
      SELECT 1, n, 'e' || n, (n - CASE WHEN n % 10 = 0 THEN 1000 ELSE 0 END) * ${HOUR}::bigint, n * ${HOUR}::bigint,
        CASE WHEN n % 1000 = 0 THEN 'rare' WHEN n % 2 = 0 THEN 'rent' END,
        jsonb_build_object('kind', CASE WHEN n % 10000 = 7 THEN 'fee' ELSE 'invoice' END), '[]' FROM generate_series(1, ${ENTRIES}) AS n;
    INSERT INTO accounts.postings (ledger, account, effective_at, position, leg, side, amount, debits, credits)
      SELECT 1, account, effective_at, position, leg, side, 1, 0, 0 FROM accounts.entries
      CROSS JOIN LATERAL (VALUES (1, 'debit', 1), (2 + position % 1000, 'credit', 2)) AS legs (account, side, leg);
    INSERT INTO accounts.holds (ledger, position, id, debit, credit, asset, amount, captured, released, remaining, status, placed_at,
        last_position, reference, metadata)
      SELECT 1, n, 'h' || n, 'bank:cash', 'clients:' || n % 500, 'CZK', 1, 0, (n % 100 > 0)::integer, (n % 100 = 0)::integer,
        CASE WHEN n % 100 = 0 THEN 'placed' ELSE 'released' END, n * ${HOUR}::bigint, n,
        CASE WHEN n % 1000 = 0 THEN 'rare' WHEN n % 2 = 0 THEN 'rent' END,
        jsonb_build_object('kind', CASE WHEN n % 1000 = 7 THEN 'fee' ELSE 'invoice' END)
      FROM generate_series(${ENTRIES + 1}, ${ENTRIES + HOLDS}) AS n;
    INSERT INTO accounts.words (ledger, thing, key, value, position)
      SELECT 1, 'entry', 'kind', metadata ->> 'kind', position FROM accounts.entries
      UNION ALL SELECT 1, 'hold', 'kind', metadata ->> 'kind', position FROM accounts.holds`);
  await database.administer('VACUUM ANALYZE accounts.entries, accounts.postings, accounts.holds, accounts.words');
  snapshot = await openSnapshot(database.pool);
  ({ client } = snapshot);
}, 120_000);
afterAll(async () => {
  await snapshot.close();
  await database.close();
});

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

/** A client that notes, of all queries, how many rows they looked at, and which tables they read from end to end. */
function explaining() {
  const seen = { rows: 0, scanned: [] as string[] };
  const note = (plan: Plan): void => {
    const table = plan['Relation Name'];
    if (table) seen.rows += (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
    if (plan['Node Type'] === 'Seq Scan') seen.scanned.push(table!);
    for (const part of plan.Plans ?? []) note(part);
  };
  const query = async (sql: string, values: unknown[]) => {
    const { rows } = await client.query<{ 'QUERY PLAN': readonly { Plan: Plan }[] }>(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`, values);
    note(rows[0]!['QUERY PLAN'][0]!.Plan);
    return client.query(sql, values);
  };
  return { seen, client: { query } as unknown as pg.PoolClient };
}

const MOST = 500;
const LIMIT = 50;
const ranges: readonly (readonly [from: number | null, to: number | null])[] = [
  [null, null],
  [100 * HOUR, 200 * HOUR],
  [50_000 * HOUR, null],
  [null, 99_000 * HOUR],
  [(ENTRIES + 5_000) * HOUR, null],
];
const words: readonly Metadata[] = [{}, { kind: 'fee' }, { kind: 'invoice', other: 'x' }];

/** Every filter of words and time, in both orders, on the first page and on one in the middle. */
function* questions(middle: number) {
  for (const reference of [null, 'rent', 'rare'])
    for (const metadata of words)
      for (const [from, to] of ranges)
        for (const order of ['newest', 'oldest'] as const)
          for (const after of [null, middle]) yield { filter: { reference, metadata, from, to }, page: { order, after, limit: LIMIT } };
}

/** What a page read, and whether that is little: of each of five ways so many are counted at most, and those of the best taken in two steps. */
async function read(ask: (client: pg.PoolClient) => Promise<unknown>) {
  const { seen, client: explained } = explaining();
  await ask(explained);
  return { ...seen, little: seen.rows <= 7 * MOST + 2 * LIMIT };
}

it.each<[string, number | null, Side | null]>([
  ['any account', null, null],
  ['the account that all move', 1, null],
  ['that account’s debits', 1, 'debit'],
  ['that account’s credits, of which there are none', 1, 'credit'],
  ['an account that few move', 7, null],
])(
  'a page of entries of %s is found by indexes, and reads little, whatever else is asked',
  async (_, account, side) => {
    for (const { filter, page } of questions(ENTRIES / 2))
      expect({
        filter,
        page,
        ...(await read((explained) => entryPage(explained, ledger, { ...filter, account, side }, page, MOST))),
      }).toMatchObject({ filter, scanned: [], little: true });
  },
  120_000,
);

it.each<[string, string | null, HoldStatus | null]>([
  ['any account', null, null],
  ['any account, open', null, 'placed'],
  ['any account, expired, of which there are none', null, 'expired'],
  ['the account that all debit', 'bank:cash', null],
  ['that account, open', 'bank:cash', 'placed'],
  ['an account that few credit', 'clients:3', null],
])(
  'a page of holds of %s is found by indexes, and reads little, whatever else is asked',
  async (_, account, status) => {
    for (const { filter, page } of questions(ENTRIES + HOLDS / 2))
      expect({
        filter,
        page,
        ...(await read((explained) => holdPage(explained, ledger, { ...filter, account, status }, page, MOST))),
      }).toMatchObject({ filter, scanned: [], little: true });
  },
  120_000,
);
