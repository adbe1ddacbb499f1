import type pg from 'pg';
import type { Turnover } from '../statement.js';

// What was posted to an account, by both times: what counted at a moment, of what was known at a position. An account's volumes and
// folios are whole or not at all before a position, and each says in one row what of it counts by a moment; what is recorded after the
// last whole folio is looked at line by line. So an answer costs one row per volume, and less than a volume's folios and a folio's lines.

/** Which postings count: effective at or before `at` (ms since the epoch; null: all), of those up to `position`. */
export interface Axes {
  readonly at: number | null;
  readonly position: number;
}

/** What was posted to each of these accounts (their numbers), in their order. */
export async function turnovers(
  client: pg.PoolClient,
  ledger: number,
  accounts: readonly number[],
  { at, position }: Axes,
): Promise<readonly Turnover[]> {
  const { rows } = await client.query<{ debits: string; credits: string }>(
    `SELECT coalesce(posted.debits, 0) AS debits, coalesce(posted.credits, 0) AS credits
     FROM unnest($2::bigint[]) WITH ORDINALITY AS wanted (account, n)
     LEFT JOIN LATERAL (${at === null ? RECORDED : EFFECTIVE}) AS posted ON true ORDER BY n`,
    at === null ? [ledger, accounts, position] : [ledger, accounts, position, at],
  );
  return rows.map(({ debits, credits }) => ({ debits: BigInt(debits), credits: BigInt(credits) }));
}

/** What holds took of an account after the last event up to a position that changed it. */
export async function heldAt(client: pg.PoolClient, ledger: number, account: number, position: number): Promise<Turnover> {
  const { rows } = await client.query<{ debits: string; credits: string }>(
    `SELECT debits, credits FROM accounts.held WHERE ledger = $1 AND account = $2 AND position <= $3 ORDER BY position DESC LIMIT 1`,
    [ledger, account, position],
  );
  const { debits, credits } = rows[0] ?? { debits: 0, credits: 0 };
  return { debits: BigInt(debits), credits: BigInt(credits) };
}

/** The last moment at which anything counts that was posted up to a position, or null where nothing was. */
export async function latestMoment(client: pg.PoolClient, ledger: number, account: number, position: number): Promise<number | null> {
  const { rows } = await client.query<{ latest: number | null }>(
    `SELECT max(latest) AS latest FROM (SELECT $2::bigint AS account) AS wanted CROSS JOIN LATERAL (${ENDS}) AS whole CROSS JOIN LATERAL (
       SELECT latest FROM (${WHOLE}) AS folio
       UNION ALL SELECT effective_at FROM (${loose('debit')}) AS debit
       UNION ALL SELECT effective_at FROM (${loose('credit')}) AS credit
     ) AS part`,
    [ledger, account, position],
  );
  return rows[0]!.latest;
}

// In all of them $1 is the ledger, $3 the position, `wanted.account` the account's number; in EFFECTIVE $4 is the moment.

const ofAccount = (table: string): string => `FROM accounts.${table} WHERE ledger = $1 AND account = wanted.account`;

/** The totals after the last entry. */
const lastOf = (side: 'debit' | 'credit'): string =>
  `(SELECT position, debits, credits ${ofAccount('postings')} AND side = '${side}' AND position <= $3 ORDER BY position DESC LIMIT 1)`;
const RECORDED = `SELECT debits, credits FROM (${lastOf('debit')} UNION ALL ${lastOf('credit')}) AS last ORDER BY position DESC LIMIT 1`;

/** Where the last whole volume and the last whole folio end. */
const endOf = (level: 0 | 1): string =>
  `coalesce((SELECT through ${ofAccount('folios')} AND level = ${level} AND through <= $3 ORDER BY through DESC LIMIT 1), 0)`;
const ENDS = `SELECT ${endOf(1)} AS volumes, ${endOf(0)} AS folios`;

/** The volumes, and the folios after them. */
const WHOLE = `
  SELECT level, through, latest ${ofAccount('folios')} AND level = 1 AND through <= whole.volumes
  UNION ALL
  SELECT level, through, latest ${ofAccount('folios')} AND level = 0 AND through > whole.volumes AND through <= whole.folios`;

/** Postings after the last whole folio. */
const loose = (side: 'debit' | 'credit'): string =>
  `SELECT amount, effective_at ${ofAccount('postings')} AND side = '${side}' AND position > whole.folios AND position <= $3`;

const EFFECTIVE = `
  SELECT sum(debits) AS debits, sum(credits) AS credits FROM (${ENDS}) AS whole CROSS JOIN LATERAL (
    SELECT counted.* FROM (${WHOLE}) AS folio CROSS JOIN LATERAL (
      SELECT debits[width_bucket($4::bigint, moments)], credits[width_bucket($4::bigint, moments)]
      ${ofAccount('folio_totals')} AND level = folio.level AND through = folio.through AND earliest <= $4 ORDER BY earliest DESC LIMIT 1
    ) AS counted
    UNION ALL SELECT amount, 0 FROM (${loose('debit')}) AS debit WHERE effective_at <= $4
    UNION ALL SELECT 0, amount FROM (${loose('credit')}) AS credit WHERE effective_at <= $4
  ) AS part (debits, credits)`;
