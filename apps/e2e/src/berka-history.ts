import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';

// The bank's history read and added up by itself: no rule, parser or number of the platform is used here.

/** One movement; money in hellers, one hundredth of a crown. */
export interface Movement {
  readonly account: string;
  readonly date: string;
  readonly isCredit: boolean;
  readonly amount: bigint;
  /** The bank's own balance after it. Inside a day, the order of the file is not the order of these. */
  readonly bankBalance: bigint;
  readonly isInterest: boolean;
}

const file = new URL('../../../data/berka/transactions.csv.gz', import.meta.url);

export function readHistory(): readonly Movement[] {
  const rows = parse(gunzipSync(readFileSync(file)), { columns: true }) as Record<string, string>[];
  return rows.map((row) => ({
    account: `clients:${row.account_id}`,
    date: row.date!,
    isCredit: row.type === 'PRIJEM',
    amount: hellers(row.amount!),
    bankBalance: hellers(row.balance!),
    isInterest: row.k_symbol === 'UROK',
  }));
}

/** "-12.5" is -1250 hellers. */
export function hellers(text: string): bigint {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const amount = BigInt(whole) * 100n + BigInt(fraction.padEnd(2, '0'));
  return text.startsWith('-') ? -amount : amount;
}

export const crowns = (amount: bigint): string => `${amount / 100n}.${String(amount % 100n).padStart(2, '0')}`;

/** The balance of each account: the exact sum of its movements. */
export function balances(history: readonly Movement[]): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { account, isCredit, amount } of history) sums.set(account, (sums.get(account) ?? 0n) + (isCredit ? amount : -amount));
  return sums;
}

/**
 * How far the bank's own column is from the sum of the movements, at the end of each account's last day that `counts`.
 * The column's last value of a day cannot be told, so the nearest of that day is taken.
 */
export function drifts(history: readonly Movement[], counts: (date: string) => boolean): Map<string, bigint> {
  const sums = new Map<string, { date: string; sum: bigint; seen: bigint[] }>();
  for (const { account, date, isCredit, amount, bankBalance } of history) {
    if (!counts(date)) continue;
    const last = sums.get(account) ?? { date, sum: 0n, seen: [] };
    const seen = last.date === date ? [...last.seen, bankBalance] : [bankBalance];
    sums.set(account, { date, sum: last.sum + (isCredit ? amount : -amount), seen });
  }
  const nearest = (sum: bigint, seen: readonly bigint[]): bigint =>
    seen.map((value) => (value < sum ? sum - value : value - sum)).reduce((least, one) => (one < least ? one : least));
  return new Map([...sums].map(([account, { sum, seen }]) => [account, nearest(sum, seen)]));
}
