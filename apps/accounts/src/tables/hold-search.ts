import { type HoldStatus, type Metadata, holdStatuses } from '@mizan/ledger';
import type { Search, Way } from './search.js';

/** Null, or no key: any. */
export interface HoldFilter {
  /** The id of an account on either side. */
  readonly account: string | null;
  readonly status: HoldStatus | null;
  readonly reference: string | null;
  /** Each of these keys with exactly this value. */
  readonly metadata: Metadata;
  /** When it was placed: from inclusive, to exclusive, ms since the epoch. */
  readonly from: number | null;
  readonly to: number | null;
}

/** Holds by what they say. They are placed in the order of time, so a range of moments is one of positions, on every way. */
export function holdSearch(ledger: number, { account, status, reference, metadata, from, to }: HoldFilter): Search {
  const values: unknown[] = [ledger];
  const value = (given: unknown, type: string): string => `$${values.push(given)}::${type}`;
  const range = [
    ...(from === null ? [] : [`position >= (${firstPlaced(value(from, 'bigint'))})`]),
    ...(to === null ? [] : [`position < coalesce((${firstPlaced(value(to, 'bigint'))}), ${BEYOND})`]),
  ];
  const way = (...branches: readonly string[]): Way => ({
    branches: branches.map((branch) => [branch, ...range].join(' AND ')),
    ordered: true,
  });
  const ways: Way[] = [];
  const conditions: string[] = [];
  if (reference !== null) {
    const same = `reference = ${value(reference, 'text')}`;
    ways.push(way(`${holds} AND ${same}`));
    conditions.push(`thing.${same}`);
  }
  for (const [key, word] of Object.entries(metadata)) {
    const [name, same] = [value(key, 'text'), value(word, 'text')];
    ways.push(way(`FROM accounts.words WHERE ledger = $1 AND thing = 'hold' AND key = ${name} AND value = ${same}`));
    conditions.push(`thing.metadata ->> ${name} = ${same}`);
  }
  const stands = (one: HoldStatus): string => `status = '${one}'`;
  if (account !== null) {
    const id = value(account, 'text');
    const standing = (status === null ? holdStatuses : [status]).map(stands);
    ways.push(way(...['debit', 'credit'].flatMap((side) => standing.map((one) => `${holds} AND ${side} = ${id} AND ${one}`))));
    conditions.push(`${id} IN (thing.debit, thing.credit)`);
  } else if (status !== null) {
    ways.push(way(`${holds} AND ${stands(status)}`));
  }
  if (status !== null) conditions.push(`thing.${stands(status)}`);
  if (ways.length === 0) ways.push(way(holds));
  return { ways, table: 'accounts.holds', conditions: ways.length > 1 ? conditions : [], values };
}

const holds = 'FROM accounts.holds WHERE ledger = $1';
const BEYOND = Number.MAX_SAFE_INTEGER;

/** The position of the first hold that was placed at this moment or later. */
const firstPlaced = (moment: string): string =>
  `SELECT position FROM accounts.holds WHERE ledger = $1 AND placed_at >= ${moment} ORDER BY placed_at, position LIMIT 1`;
