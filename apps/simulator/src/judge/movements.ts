import type { Operation } from '../operation.js';
import type { Refusal } from '../refusal.js';
import { type PlainAccount, limitOf } from './accounts.js';
import {
  type PlainPosting,
  debitsIn,
  leftFor,
  limits,
  mismatch,
  move,
  opposite,
  overflow,
  postingsOf,
  standing,
  twoLegs,
  unknownAccount,
} from './postings.js';

// The operations that move money, each as one screen of checks in their order.

export interface PlainHold {
  id: string;
  debit: string;
  credit: string;
  amount: bigint;
  captured: bigint;
  released: bigint;
  status: string;
  expiresAt: number | null;
}

export interface PlainEntry {
  postings: readonly PlainPosting[];
  reversed: bigint;
  /** The ids of its reversals, in their order. */
  reversedBy: readonly string[];
}

/** What movements look at. */
export interface Standing {
  readonly closedThrough: string;
  readonly accounts: ReadonlyMap<string, PlainAccount>;
  readonly holds: Map<string, PlainHold>;
  readonly entries: ReadonlyMap<string, PlainEntry>;
}

/** What an operation does: its postings, when they count (ms since the epoch), and the change that makes it. */
export interface Done {
  readonly postings: readonly PlainPosting[];
  readonly effectiveAt: number | null;
  readonly change: () => void;
}

export const remaining = (hold: PlainHold): bigint => hold.amount - hold.captured - hold.released;
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const moment = (value: unknown): number | null => (value === undefined || value === null ? null : Date.parse(value as string));

const inClosedPeriod = ({ closedThrough }: Standing, effectiveAt: number): Refusal | null =>
  dayOf(effectiveAt) <= closedThrough ? { code: 'period_closed' } : null;

export function transfer(ledger: Standing, operation: Operation, now: number): Refusal | Done {
  const { accounts } = ledger;
  const asked = postingsOf(operation);
  const unknown = unknownAccount(accounts, asked);
  if (unknown) return unknown;
  const most = operation.cap === undefined ? null : mostUnder(operation.cap as string, accounts, asked);
  // With nothing left, the smallest movement there is shows which limit says no, whatever the totals.
  const nothingLeft = most !== null && most <= 0n;
  const postings = most === null ? asked : asked.map((leg) => ({ ...leg, amount: nothingLeft ? 1n : most }));
  const effectiveAt = moment(operation.effectiveAt) ?? now;
  return (
    mismatch(accounts, postings) ??
    inClosedPeriod(ledger, effectiveAt) ??
    standing(accounts, postings) ??
    (nothingLeft ? null : overflow(accounts, postings, 'Posted')) ??
    limits(accounts, postings, 'Posted') ?? { postings, effectiveAt, change: () => move(accounts, postings, 'Posted', 1n) }
  );
}

/** The least of the amount and of what the capping accounts' limits leave. */
function mostUnder(cap: string, accounts: Standing['accounts'], postings: readonly PlainPosting[]): bigint {
  let most = postings[0]!.amount;
  for (const { account, side } of postings) {
    const left = cap === side || cap === 'both' ? leftFor(accounts.get(account)!, side) : null;
    if (left !== null && left < most) most = left;
  }
  return most;
}

export function hold(ledger: Standing, operation: Operation, now: number): Refusal | Done {
  const { accounts, holds } = ledger;
  const postings = postingsOf(operation);
  const unknown = unknownAccount(accounts, postings);
  if (unknown) return unknown;
  const expiresAt = moment(operation.expiresAt);
  const passed = expiresAt !== null && expiresAt <= now ? { code: 'invalid_date', field: 'expiresAt' } : null;
  const { id, debit, credit } = operation as unknown as { id: string; debit: string; credit: string };
  const change = (): void => {
    move(accounts, postings, 'Held', 1n);
    holds.set(id, { id, debit, credit, amount: postings[0]!.amount, captured: 0n, released: 0n, status: 'placed', expiresAt });
  };
  return (
    mismatch(accounts, postings) ??
    passed ??
    standing(accounts, postings) ??
    overflow(accounts, postings, 'Held') ??
    limits(accounts, postings, 'Held') ?? { postings: [], effectiveAt: null, change }
  );
}

/** The hold that an operation names, or why nothing can be done with it. */
function openHold({ holds }: Standing, operation: Operation): PlainHold | Refusal {
  const named = holds.get(operation.hold as string);
  if (!named) return { code: 'hold_not_found', field: 'hold' };
  return named.status === 'placed' ? named : { code: `hold_${named.status}`, field: 'hold' };
}

export function capture(ledger: Standing, operation: Operation, now: number): Refusal | Done {
  const { accounts } = ledger;
  const open = openHold(ledger, operation);
  if ('code' in open) return open;
  const amount = limitOf(operation.amount) ?? remaining(open);
  if (amount > remaining(open)) return { code: 'capture_exceeds_hold', field: 'amount' };
  const effectiveAt = moment(operation.effectiveAt) ?? now;
  const postings = twoLegs(open.debit, open.credit, amount);
  const change = (): void => {
    move(accounts, postings, 'Held', -1n);
    move(accounts, postings, 'Posted', 1n);
    open.captured += amount;
    if (remaining(open) === 0n) open.status = 'captured';
    else if (operation.final !== false) giveBack(ledger, open, 'captured');
  };
  return inClosedPeriod(ledger, effectiveAt) ?? standing(accounts, postings) ?? { postings, effectiveAt, change };
}

export function release(ledger: Standing, operation: Operation): Refusal | Done {
  const open = openHold(ledger, operation);
  if ('code' in open) return open;
  return { postings: [], effectiveAt: null, change: () => giveBack(ledger, open, 'released') };
}

/** Gives back all that remains of a hold, which ends so. */
export function giveBack({ accounts }: Standing, open: PlainHold, endsAs: string): void {
  const amount = remaining(open);
  move(accounts, twoLegs(open.debit, open.credit, amount), 'Held', -1n);
  open.released += amount;
  open.status = endsAs;
}

export function reverse(ledger: Standing, operation: Operation, now: number): Refusal | Done {
  const { accounts, entries } = ledger;
  const entry = entries.get(operation.entry as string);
  if (!entry) return { code: 'entry_not_found', field: 'entry' };
  const amount = limitOf(operation.amount);
  if (amount !== null && entry.postings.length !== 2) return { code: 'reversal_not_divisible', field: 'amount' };
  const whole = debitsIn(entry.postings);
  if (entry.reversed + (amount ?? whole) > whole) return { code: 'reversal_exceeds_entry', field: amount === null ? 'entry' : 'amount' };
  const postings = opposite(entry.postings, amount);
  const change = (): void => {
    move(accounts, postings, 'Posted', 1n);
    entry.reversed += amount ?? whole;
    entry.reversedBy = [...entry.reversedBy, operation.id!];
  };
  return (
    inClosedPeriod(ledger, now) ??
    standing(accounts, postings) ??
    overflow(accounts, postings, 'Posted') ??
    limits(accounts, postings, 'Posted') ?? { postings, effectiveAt: now, change }
  );
}
