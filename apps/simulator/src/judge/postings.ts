import type { Operation } from '../operation.js';
import type { Refusal } from '../refusal.js';
import { type PlainAccount, growsByDebits, room } from './accounts.js';

// What any movement of money is checked for, and how it is made: posted, or held.

export interface PlainPosting {
  account: string;
  side: string;
  amount: bigint;
}

export type Accounts = ReadonlyMap<string, PlainAccount>;
export type Kind = 'Posted' | 'Held';

const MOST = 2n ** 128n - 1n;

/** @param operation with `postings`, or with `debit`, `credit` and `amount`. */
export function postingsOf(operation: Operation): PlainPosting[] {
  const { debit, credit, amount, postings } = operation as unknown as Record<'debit' | 'credit' | 'amount', string> & {
    postings?: { account: string; side: string; amount: string }[];
  };
  return postings ? postings.map((leg) => ({ ...leg, amount: BigInt(leg.amount) })) : twoLegs(debit, credit, BigInt(amount));
}

export const twoLegs = (debit: string, credit: string, amount: bigint): PlainPosting[] => [
  { account: debit, side: 'debit', amount },
  { account: credit, side: 'credit', amount },
];

/** What an entry amounts to. */
export const debitsIn = (postings: readonly PlainPosting[]): bigint =>
  postings.filter(({ side }) => side === 'debit').reduce((sum, { amount }) => sum + amount, 0n);

/** The opposite of an entry, debits first. @param amount of each posting; null for the whole. */
export function opposite(postings: readonly PlainPosting[], amount: bigint | null): PlainPosting[] {
  const swapped = postings.map((leg) => ({
    account: leg.account,
    side: leg.side === 'debit' ? 'credit' : 'debit',
    amount: amount ?? leg.amount,
  }));
  return [...swapped.filter(({ side }) => side === 'debit'), ...swapped.filter(({ side }) => side === 'credit')];
}

export function unknownAccount(accounts: Accounts, postings: readonly PlainPosting[]): Refusal | null {
  const unknown = postings.find(({ account }) => !accounts.has(account));
  return unknown ? { code: 'account_not_found', account: unknown.account } : null;
}

export function mismatch(accounts: Accounts, postings: readonly PlainPosting[]): Refusal | null {
  const sums = new Map<string, bigint>();
  for (const { account, side, amount } of postings) {
    const { asset } = accounts.get(account)!;
    sums.set(asset, (sums.get(asset) ?? 0n) + (side === 'debit' ? amount : -amount));
  }
  return [...sums.values()].some((sum) => sum !== 0n) ? { code: 'asset_mismatch' } : null;
}

/** Whether all accounts are open, and no side that is moved is frozen. */
export function standing(accounts: Accounts, postings: readonly PlainPosting[]): Refusal | null {
  const on = postings.map(({ account, side }) => ({ ...accounts.get(account)!, side }));
  const closed = on.find((account) => account.closed);
  if (closed) return { code: 'account_closed', account: closed.id };
  const frozen = on.find((account) => account.frozen === 'all' || account.frozen === `${account.side}s`);
  return frozen ? { code: 'account_frozen', account: frozen.id } : null;
}

/** Totals of the net effect on each account. */
export function overflow(accounts: Accounts, postings: readonly PlainPosting[], kind: Kind): Refusal | null {
  const over = after(accounts, postings, kind).find(
    ({ debitsPosted, debitsHeld, creditsPosted, creditsHeld }) => debitsPosted + debitsHeld > MOST || creditsPosted + creditsHeld > MOST,
  );
  return over ? { code: 'balance_overflow', account: over.id } : null;
}

/** Floors, then ceilings, of the net effect on each account. */
export function limits(accounts: Accounts, postings: readonly PlainPosting[], kind: Kind): Refusal | null {
  const moved = after(accounts, postings, kind).map((account) => ({
    ...account,
    was: room(accounts.get(account.id)!),
    is: room(account),
  }));
  const poor = moved.find(({ min, was, is }) => min !== null && is.available < min && is.available < was.available);
  if (poor) return { code: 'insufficient_funds', account: poor.id };
  const rich = moved.find(({ max, was, is }) => max !== null && is.reach > max && is.reach > was.reach);
  return rich ? { code: 'limit_exceeded', account: rich.id } : null;
}

/** What an account's limit leaves for a posting; null where it has none in that direction. */
export function leftFor(account: PlainAccount, side: string): bigint | null {
  const { available, reach } = room(account);
  if ((side === 'debit') === growsByDebits(account)) return account.max === null ? null : account.max - reach;
  return account.min === null ? null : available - account.min;
}

/** The accounts that are moved as they would be after it, in the order of the postings. */
function after(accounts: Accounts, postings: readonly PlainPosting[], kind: Kind): PlainAccount[] {
  const copies = new Map(postings.map(({ account }) => [account, { ...accounts.get(account)! }]));
  move(copies, postings, kind, 1n);
  return [...copies.values()];
}

/** @param sign 1n, or -1n to take it back. */
export function move(accounts: Accounts, postings: readonly PlainPosting[], kind: Kind, sign: bigint): void {
  for (const { account: id, side, amount } of postings) {
    const account = accounts.get(id)!;
    account[`${side}s${kind}` as 'debitsPosted'] += sign * amount;
  }
}
