import type { Metadata, Side } from '@mizan/ledger';
import type { Search, Way } from './search.js';

/** Null, or no key: any. */
export interface EntryFilter {
  /** The account's number: the position of its opening. */
  readonly account: number | null;
  /** The side on which the entry moves the account; only with an account. */
  readonly side: Side | null;
  readonly reference: string | null;
  /** Each of these keys with exactly this value. */
  readonly metadata: Metadata;
  /** When it counts: from inclusive, to exclusive, ms since the epoch. */
  readonly from: number | null;
  readonly to: number | null;
}

/** Entries by what they say. Each filter has an index of its own, that of time without the order of the journal. */
export function entrySearch(ledger: number, { account, side, reference, metadata, from, to }: EntryFilter): Search {
  const values: unknown[] = [ledger];
  const value = (given: unknown, type: string): string => `$${values.push(given)}::${type}`;
  const ways: Way[] = [];
  const conditions: string[] = [];
  if (reference !== null) {
    const same = `reference = ${value(reference, 'text')}`;
    ways.push(ordered(`FROM accounts.entries WHERE ledger = $1 AND ${same}`));
    conditions.push(`thing.${same}`);
  }
  for (const [key, word] of Object.entries(metadata)) {
    const [name, same] = [value(key, 'text'), value(word, 'text')];
    ways.push(ordered(`FROM accounts.words WHERE ledger = $1 AND thing = 'entry' AND key = ${name} AND value = ${same}`));
    conditions.push(`thing.metadata ->> ${name} = ${same}`);
  }
  const range = [
    ...(from === null ? [] : [`effective_at >= ${value(from, 'bigint')}`]),
    ...(to === null ? [] : [`effective_at < ${value(to, 'bigint')}`]),
  ];
  conditions.push(...range.map((bound) => `thing.${bound}`));
  if (account !== null) {
    const moving = `FROM accounts.postings WHERE ledger = $1 AND account = ${value(account, 'bigint')}`;
    const branches = (side === null ? (['debit', 'credit'] as const) : [side]).map((one) => `${moving} AND side = '${one}'`);
    ways.push(ordered(...branches));
    if (range.length > 0) ways.push({ branches: [[moving, ...range].join(' AND ')], ordered: false });
    const moved = branches.map((branch) => `EXISTS (SELECT ${branch} AND position = thing.position)`);
    conditions.push(`(${moved.join(' OR ')})`);
  } else if (range.length > 0) {
    ways.push({ branches: [[whole, ...range].join(' AND ')], ordered: false });
  }
  if (!ways.some((way) => way.ordered)) ways.push(ordered(whole));
  return { ways, table: 'accounts.entries', conditions: ways.length > 1 ? conditions : [], values };
}

const ordered = (...branches: readonly string[]): Way => ({ branches, ordered: true });
const whole = 'FROM accounts.entries WHERE ledger = $1';
