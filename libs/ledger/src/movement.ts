import { MAX_AMOUNT } from '@mizan/money';
import { type Account, type Side, money } from './account.js';
import { available, heldTowards, posted } from './balance.js';
import type { Facts } from './facts.js';
import { dayOf } from './instant.js';
import type { Posting } from './posting.js';
import type { Rejection } from './rejection.js';

// What every movement of money, posted or held, is checked for: steps 3 to 7 of the order of checks.

/** One leg with the account it falls on, as that is before the movement. */
export interface Leg extends Posting {
  readonly on: Account;
}

/** What the whole movement does to one account. */
export interface Effect {
  readonly before: Account;
  after: Account;
}

/** The legs on their accounts, or the first account that is missing. */
export function legsOn(facts: Facts, postings: readonly Posting[]): readonly Leg[] | Rejection {
  const legs: Leg[] = [];
  for (const { account, side, amount } of postings) {
    const on = facts.account(account);
    if (!on) return accountNotFound(account);
    legs.push({ account, side, amount, on });
  }
  return legs;
}

/** Every account of the movement once, in the order of the legs. */
export function effectsOf(legs: readonly Leg[], move: (account: Account, side: Side, amount: bigint) => Account): readonly Effect[] {
  const effects: Effect[] = [];
  for (const { on, side, amount } of legs) {
    const effect = effects.find(({ before }) => before.id === on.id);
    if (effect) effect.after = move(effect.after, side, amount);
    else effects.push({ before: on, after: move(on, side, amount) });
  }
  return effects;
}

export function accountNotFound(account: string): Rejection {
  return { code: 'account_not_found', detail: `There is no account ${account} in this ledger. Open it first.`, account };
}

export function accountClosed(account: string): Rejection {
  return { code: 'account_closed', detail: `${account} is closed. Reopen it first, or use another account.`, account };
}

export function zeroPerAsset(legs: readonly Leg[]): Rejection | null {
  const [first, second] = legs;
  // Nearly every movement: two legs, equal by their shape.
  if (legs.length === 2 && first!.on.asset === second!.on.asset) return null;
  const sums = new Map<string, bigint>();
  for (const { on, side, amount } of legs) sums.set(on.asset, (sums.get(on.asset) ?? 0n) + (side === 'debit' ? amount : -amount));
  for (const [asset, sum] of sums)
    if (sum !== 0n) {
      const detail = `Debits and credits differ in ${asset}, though they agree in all. An entry balances in each of its assets.`;
      return { code: 'asset_mismatch', detail };
    }
  return null;
}

/** @param effectiveAt ms since the epoch. */
export function periodOpen({ ledger: { closedThrough } }: Facts, effectiveAt: number): Rejection | null {
  if (closedThrough === null || dayOf(effectiveAt) > closedThrough) return null;
  const detail = `${dayOf(effectiveAt)} lies in a closed period: the books are closed through ${closedThrough}. Give a later effectiveAt.`;
  return { code: 'period_closed', detail };
}

export function accountsOpen(legs: readonly Leg[]): Rejection | null {
  const leg = legs.find(({ on }) => on.closed);
  return leg ? accountClosed(leg.account) : null;
}

/** Looked at leg by leg, gross: an entry that nets to nothing still moves a frozen side. */
export function sidesNotFrozen(legs: readonly Leg[]): Rejection | null {
  const leg = legs.find(({ on, side }) => on.frozen !== 'none' && (on.frozen === 'all' || on.frozen === `${side}s`));
  if (!leg) return null;
  const detail = `${leg.account} takes no ${leg.side}s: frozen is "${leg.on.frozen}". Update the account first.`;
  return { code: 'account_frozen', detail, account: leg.account };
}

export function totalsWithinBounds(effects: readonly Effect[]): Rejection | null {
  for (const { after } of effects)
    if (after.debitsPosted + after.debitsHeld > MAX_AMOUNT || after.creditsPosted + after.creditsHeld > MAX_AMOUNT) {
      const detail = `A side of ${after.id} would pass 2^128-1 minor units in all. Go on with a new account.`;
      return { code: 'balance_overflow', detail, account: after.id };
    }
  return null;
}

/** Only a movement towards the floor can be refused; an account may stand below it. */
export function floorsKept(effects: readonly Effect[]): Rejection | null {
  for (const { before, after } of effects) {
    const floor = after.minBalance;
    if (floor === null) continue;
    const left = available(after);
    if (left >= floor || left >= available(before)) continue;
    const detail = `${after.id} has ${money(available(before), after)} available; this would leave ${money(left, after)}, below its minimum of ${money(floor, after)}.`;
    return { code: 'insufficient_funds', detail, account: after.id };
  }
  return null;
}

/** Only a movement towards the ceiling can be refused; money held towards it counts. */
export function ceilingsKept(effects: readonly Effect[]): Rejection | null {
  for (const { before, after } of effects) {
    const ceiling = after.maxBalance;
    if (ceiling === null) continue;
    const raised = reach(after);
    if (raised <= ceiling || raised <= reach(before)) continue;
    const detail = `${after.id} would come to ${money(raised, after)} with what is held towards it, above its maximum of ${money(ceiling, after)}.`;
    return { code: 'limit_exceeded', detail, account: after.id };
  }
  return null;
}

/** What an account comes to if all that is held towards it arrives. */
export const reach = (account: Account): bigint => posted(account) + heldTowards(account);
