import { ledgerUidOf } from '@mizan/contracts';
import type { Claim } from '@mizan/projections';
import type pg from 'pg';
import { BESIDE, LIVE, bookTables } from './book-tables.js';

/** One table in which the books that are read and those made again are not the same. */
export interface Difference {
  readonly table: string;
  /** How many rows differ, are missing or are too many. */
  readonly rows: number;
  /** The first of them: which ledger, as `tenant/id`; which account, or null where the row is not of one; the rest of its key. */
  readonly ledger: string;
  readonly account: string | null;
  readonly key: Readonly<Record<string, string | null>>;
  /** The first column that differs; null where the row is on one side alone. */
  readonly column: string | null;
  /** What is read there, and what the journal makes of it; 'missing' and 'present' for whole rows. Words about people are not told. */
  readonly live: string | null;
  readonly journal: string | null;
}

/** Words that may be about people. */
const untold: ReadonlySet<string> = new Set(['name', 'reference', 'metadata', 'key', 'value']);
const NOT_TOLD = '(not shown)';
const compared = bookTables.filter((table) => table !== 'rebuilding');

/**
 * Compares row by row, in a transaction that sees both at the same positions. Ledgers are known by their uid: the numbers that tables know them
 * by may differ.
 */
export async function differences(client: pg.ClientBase): Promise<readonly Difference[]> {
  const found: Difference[] = [];
  for (const table of compared) {
    const difference = await differenceIn(client, table);
    if (difference) found.push(difference);
  }
  return found;
}

/** What the books say they include beyond the journal's end, as a difference: they would drop as many events as repeats. */
export async function claimed(client: pg.ClientBase, claims: readonly Claim[]): Promise<readonly Difference[]> {
  const [first] = claims;
  if (!first) return [];
  const { stream, live, source: journal } = first;
  const names = await namesOf(client, ledgerUidOf(stream), 'inbox', {});
  return [{ table: 'inbox', rows: claims.length, ...names, key: { stream }, column: 'version', live: `${live}`, journal: `${journal}` }];
}

/** Columns as text: amounts are longer than JavaScript's numbers. */
type Row = Readonly<Record<string, string | null>>;

async function differenceIn(client: pg.ClientBase, table: string): Promise<Difference | null> {
  const columns = await columnsOf(client, table);
  const key = ['uid', ...columns.filter(({ isKey }) => isKey).map(({ name }) => name)];
  const said = columns.filter(({ isKey, name }) => !isKey && name !== 'uid');
  // Equality of json is that of its text.
  const row = (side: string): string => said.map(({ name, type }) => `${side}.${name}${type === 'json' ? '::text' : ''}`).join(', ');
  const texts = (side: string): string =>
    `CASE WHEN ${side}.uid IS NOT NULL THEN json_build_object(${columns.map(({ name }) => `'${name}', ${side}.${name}::text`).join(', ')}) END`;
  const { rows } = await client.query<{ count: number; uid: string | null; live: Row | null; made: Row | null }>(
    `SELECT count(*) OVER () AS count, uid, ${texts('live')} AS live, ${texts('made')} AS made
     FROM (${linesOf(LIVE, table)}) AS live FULL JOIN (${linesOf(BESIDE, table)}) AS made USING (${key.join(', ')})
     WHERE live.uid IS NULL OR made.uid IS NULL${said.length > 0 ? ` OR ROW(${row('live')}) IS DISTINCT FROM ROW(${row('made')})` : ''}
     ORDER BY ${key.join(', ')} LIMIT 1`,
  );
  const [first] = rows;
  if (!first) return null;
  const { live, made } = first;
  const one = (made ?? live)!;
  const column = live && made ? said.find(({ name }) => live[name] !== made[name])!.name : null;
  const tell = (side: Row): string | null => (untold.has(column!) ? NOT_TOLD : side[column!]!);
  const place = key.slice(1).filter((name) => name !== 'account' && !(table === 'accounts' && name === 'number'));
  return {
    table,
    rows: first.count,
    ...(await namesOf(client, first.uid, table, one)),
    key: Object.fromEntries([
      ...place.map((name) => [name, untold.has(name) ? NOT_TOLD : one[name]!]),
      ...(table === 'entries' || table === 'holds' ? [['id', one['id']!]] : []),
    ]),
    column,
    live: column === null ? (live ? 'present' : 'missing') : tell(live!),
    journal: column === null ? (made ? 'present' : 'missing') : tell(made!),
  };
}

/** A table's rows with the uid of their ledger in place of its number. */
const linesOf = (schema: string, table: string): string =>
  table === 'ledgers'
    ? `SELECT * FROM ${schema}.ledgers`
    : `SELECT coalesce(book.uid, '') AS uid, line.* FROM ${schema}.${table} AS line LEFT JOIN ${schema}.ledgers AS book ON book.number = line.ledger`;

interface Column {
  readonly name: string;
  readonly type: string;
  readonly isKey: boolean;
}

/** Without the ledger's number. */
async function columnsOf(client: pg.ClientBase, table: string): Promise<readonly Column[]> {
  const { rows } = await client.query<Column>(
    `SELECT attname AS name, atttypid::regtype::text AS type, attnum = ANY(indkey) AS "isKey"
     FROM pg_attribute JOIN pg_index ON indrelid = attrelid AND indisprimary
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attname <> $2 ORDER BY array_position(indkey::int2[], attnum), attnum`,
    [`${LIVE}.${table}`, table === 'ledgers' ? 'number' : 'ledger'],
  );
  return rows;
}

/** A ledger and an account of it as people know them, by what the journal made of them where that has them. */
async function namesOf(
  client: pg.ClientBase,
  uid: string | null,
  table: string,
  row: Row,
): Promise<{ readonly ledger: string; readonly account: string | null }> {
  const number = (table === 'accounts' ? row['number'] : row['account']) ?? null;
  const { rows } = await client.query<{ ledger: string; account: string | null }>(
    [BESIDE, LIVE]
      .map(
        (schema) =>
          `SELECT book.tenant || '/' || book.id AS ledger, account.id AS account FROM ${schema}.ledgers AS book
           LEFT JOIN ${schema}.accounts AS account ON account.ledger = book.number AND account.number = $2 WHERE book.uid = $1`,
      )
      .join(' UNION ALL '),
    [uid, number],
  );
  const [found] = rows.toSorted((a, b) => Number(a.account === null) - Number(b.account === null));
  return found ?? { ledger: '(none that is known)', account: null };
}
