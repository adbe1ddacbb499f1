import assert from 'node:assert/strict';
import type pg from 'pg';
import type { Claim } from './paused-writers.js';
import { type ReadModel, shadowSchema } from './read-model.js';
import type { ComparedRow, ReadModelTable, RowNames } from './read-model-table.js';

/** One table in which what is read and what was made again are not the same. */
export interface Difference {
  readonly table: string;
  /** How many rows differ, are missing or are too many. */
  readonly rows: number;
  /** The first of them: whose it is, as the table's description names it, and what tells it from the others. */
  readonly names: RowNames;
  readonly key: ComparedRow;
  /** The first column that differs; null where the row is on one side alone. */
  readonly column: string | null;
  /** What is read there, and what was made again; 'missing' and 'present' for whole rows, and how many rows where only that differs. */
  readonly live: string | null;
  readonly made: string | null;
}

const NOT_SHOWN = '(not shown)';

/** Asked before anything is filled, because the comparison comes long after. @throws where a table cannot be compared as it is described. */
export async function checkDescriptions(client: pg.ClientBase, { schema, tables }: ReadModel): Promise<void> {
  for (const table of tables) if (table.compared !== false) await columnsOf(client, schema, table);
}

/** Compares row by row, in a transaction that sees both at the same positions. */
export async function differences(client: pg.ClientBase, model: ReadModel): Promise<readonly Difference[]> {
  const found: Difference[] = [];
  for (const table of model.tables) {
    const difference = table.compared === false ? null : await differenceIn(client, model.schema, table);
    if (difference) found.push(difference);
  }
  return found;
}

/** What the tables say they include beyond the end of their source, as a difference: they would drop as many events as repeats. */
export async function claimed(client: pg.ClientBase, model: ReadModel, claims: readonly Claim[]): Promise<readonly Difference[]> {
  const [first] = claims;
  if (!first) return [];
  const { stream, live, source } = first;
  const names = (await model.namesOfStream?.(client, stream)) ?? {};
  return [{ table: 'inbox', rows: claims.length, names, key: { stream }, column: 'version', live: `${live}`, made: `${source}` }];
}

async function differenceIn(client: pg.ClientBase, schema: string, table: ReadModelTable): Promise<Difference | null> {
  const { name, names, untold = [] } = table;
  const { key, said } = await columnsOf(client, schema, table);
  const side = (from: string): string => `SELECT true AS "is there", line.* FROM (${rowsOf(table, from)}) AS line`;
  const row = (of: string): string => said.map((column) => `${of}.${equatable(column)}`).join(', ');
  const columns = [...key, ...said.map((column) => column.name)];
  const texts = (of: string): string =>
    `CASE WHEN ${of}."is there" THEN json_object($1, ARRAY[${columns.map((column) => `${of}."${column}"::text`).join(', ')}]) END`;
  const keys = key.map((column) => `"${column}"`).join(', ');
  const { rows } = await client.query<{ count: number; live: ComparedRow | null; made: ComparedRow | null }>(
    `SELECT count(*) OVER () AS count, ${texts('live')} AS live, ${texts('made')} AS made
     FROM (${side(schema)}) AS live FULL JOIN (${side(shadowSchema(schema))}) AS made USING (${keys})
     WHERE live."is there" IS NULL OR made."is there" IS NULL${said.length > 0 ? ` OR ROW(${row('live')}) IS DISTINCT FROM ROW(${row('made')})` : ''}
     ORDER BY ${keys} LIMIT 1`,
    [columns],
  );
  const [first] = rows;
  if (!first) return countsIn(client, schema, table);
  const { live, made } = first;
  const one = (made ?? live)!;
  const column = live && made ? said.find((each) => live[each.name] !== made[each.name])!.name : null;
  const tell = (of: ComparedRow, each: string): string | null => (untold.includes(each) ? NOT_SHOWN : of[each]!);
  return {
    table: name,
    rows: first.count,
    names: (await names?.(client, one)) ?? {},
    key: Object.fromEntries((table.shown ?? key).map((each) => [each, tell(one, each)])),
    column,
    live: column === null ? (live ? 'present' : 'missing') : tell(live!, column),
    made: column === null ? (made ? 'present' : 'missing') : tell(made!, column),
  };
}

/** Rows that the description leaves out, or does not tell from each other, show in their number. */
async function countsIn(client: pg.ClientBase, schema: string, { name: table }: ReadModelTable): Promise<Difference | null> {
  const { rows } = await client.query<{ live: number; made: number }>(
    `SELECT (SELECT count(*) FROM ${schema}.${table}) AS live, (SELECT count(*) FROM ${shadowSchema(schema)}.${table}) AS made`,
  );
  const { live, made } = rows[0]!;
  if (live === made) return null;
  return { table, rows: Math.abs(live - made), names: {}, key: {}, column: null, live: `${live} rows`, made: `${made} rows` };
}

const rowsOf = ({ name, rows }: ReadModelTable, schema: string): string => rows?.(schema) ?? `SELECT * FROM ${schema}.${name}`;

interface Column {
  readonly name: string;
  readonly type: number;
}

/** JSON has no equality of its own: that of its text counts. */
const JSON_TYPE = 114;
const equatable = ({ name, type }: Column): string => `"${name}"${type === JSON_TYPE ? '::text' : ''}`;

/**
 * By which columns a row is known on both sides: those of the table's primary key, or what stands for them. All others are compared, unless
 * the description leaves them out: a column that a migration adds is compared from then on.
 */
async function columnsOf(
  client: pg.ClientBase,
  schema: string,
  table: ReadModelTable,
): Promise<{ readonly key: readonly string[]; readonly said: readonly Column[] }> {
  const { name, generated = {}, shown = [], untold = [] } = table;
  const { rows: primary } = await client.query<{ column: string }>(
    `SELECT attname AS column FROM pg_attribute JOIN pg_index ON indrelid = attrelid AND indisprimary AND attnum = ANY(indkey)
     WHERE attrelid = $1::regclass ORDER BY array_position(indkey::int2[], attnum)`,
    [`${schema}.${name}`],
  );
  const { fields } = await client.query(`${rowsOf(table, schema)} LIMIT 0`);
  const { fields: own } = await client.query(`SELECT * FROM ${schema}.${name} LIMIT 0`);
  const known = new Set(fields.map((field) => field.name));
  const key = [
    ...new Set(
      primary.map(({ column }) => {
        const stands = column in generated ? generated[column]! : column;
        assert(stands !== null, `${name}.${column} is of the primary key: say which column stands for it`);
        return stands;
      }),
    ),
  ];
  assert(key.length > 0, `${name} has no primary key: nothing tells its rows apart`);
  for (const column of [...own.map((field) => field.name), ...key, ...shown, ...untold])
    assert(known.has(column), `${name}.${column} is not among what is compared of the table`);
  const said = fields
    .filter((field) => !key.includes(field.name) && !(field.name in generated))
    .map((field) => ({ name: field.name, type: field.dataTypeID }));
  return { key, said };
}
