import { MAX_AMOUNT } from '@mizan/money';
import { type Account, money } from './account.js';
import { available, balancesOf, heldTowards, post, posted } from './balance.js';
import type { Transfer } from './command.js';
import type { EntryPosted, Recorded } from './events.js';
import type { Facts } from './facts.js';
import { dayOf } from './instant.js';
import { type Posting, postingsOf } from './posting.js';
import type { Rejection } from './rejection.js';

/** One posting with the account it falls on, as that is before the entry. */
interface Leg extends Posting {
  readonly on: Account;
}

/** What the whole entry does to one account. */
interface Effect {
  readonly before: Account;
  after: Account;
}

/** A transfer becomes a journal entry, or the first check that fails says why not. */
export function postTransfer(facts: Facts, command: Transfer, recorded: Recorded): EntryPosted | Rejection {
  const legs: Leg[] = [];
  for (const { account, side, amount } of postingsOf(command)) {
    const on = facts.account(account);
    if (!on) return accountNotFound(account);
    legs.push({ account, side, amount, on });
  }
  const effects = effectsOf(legs);
  const effectiveAt = command.effectiveAt ?? recorded.recordedAt;
  return (
    zeroPerAsset(legs) ??
    periodOpen(facts.ledger.closedThrough, effectiveAt) ??
    accountsOpen(legs) ??
    sidesNotFrozen(legs) ??
    totalsWithinBounds(effects) ??
    floorsKept(effects) ??
    ceilingsKept(effects) ?? {
      ...recorded,
      type: 'EntryPosted',
      command,
      texts: command.texts,
      effectiveAt,
      postings: legs.map(({ account, side, amount, on }) => {
        const { after } = effects.find(({ before }) => before.id === account)!;
        return { account, side, amount, asset: on.asset, balances: balancesOf(after) };
      }),
    }
  );
}

/** Every account of the entry once, in the order of the postings. */
function effectsOf(legs: readonly Leg[]): readonly Effect[] {
  const effects: Effect[] = [];
  for (const { on, side, amount } of legs) {
    const effect = effects.find(({ before }) => before.id === on.id);
    if (effect) effect.after = post(effect.after, side, amount);
    else effects.push({ before: on, after: post(on, side, amount) });
  }
  return effects;
}

export function accountNotFound(account: string): Rejection {
  return { code: 'account_not_found', detail: `There is no account ${account} in this ledger. Open it first.`, account };
}

export function accountClosed(account: string): Rejection {
  return { code: 'account_closed', detail: `${account} is closed. Reopen it first, or use another account.`, account };
}

function zeroPerAsset(legs: readonly Leg[]): Rejection | null {
  const sums = new Map<string, bigint>();
  for (const { on, side, amount } of legs) sums.set(on.asset, (sums.get(on.asset) ?? 0n) + (side === 'debit' ? amount : -amount));
  for (const [asset, sum] of sums)
    if (sum !== 0n) {
      const detail = `Debits and credits differ in ${asset}, though they agree in all. An entry balances in each of its assets.`;
      return { code: 'asset_mismatch', detail };
    }
  return null;
}

function periodOpen(closedThrough: string | null, effectiveAt: number): Rejection | null {
  if (closedThrough === null || dayOf(effectiveAt) > closedThrough) return null;
  const detail = `${dayOf(effectiveAt)} lies in a closed period: the books are closed through ${closedThrough}. Give a later effectiveAt.`;
  return { code: 'period_closed', detail };
}

function accountsOpen(legs: readonly Leg[]): Rejection | null {
  const leg = legs.find(({ on }) => on.closed);
  return leg ? accountClosed(leg.account) : null;
}

/** Looked at posting by posting, gross: an entry that nets to nothing still moves a frozen side. */
function sidesNotFrozen(legs: readonly Leg[]): Rejection | null {
  const leg = legs.find(({ on, side }) => on.frozen === 'all' || on.frozen === `${side}s`);
  if (!leg) return null;
  const detail = `${leg.account} takes no ${leg.side}s: frozen is "${leg.on.frozen}". Update the account first.`;
  return { code: 'account_frozen', detail, account: leg.account };
}

function totalsWithinBounds(effects: readonly Effect[]): Rejection | null {
  for (const { after } of effects)
    if (after.debitsPosted + after.debitsHeld > MAX_AMOUNT || after.creditsPosted + after.creditsHeld > MAX_AMOUNT) {
      const detail = `A side of ${after.id} would pass 2^128-1 minor units in all. Go on with a new account.`;
      return { code: 'balance_overflow', detail, account: after.id };
    }
  return null;
}

/** Only a movement towards the floor can be refused; an account may stand below it. */
function floorsKept(effects: readonly Effect[]): Rejection | null {
  for (const { before, after } of effects) {
    const floor = after.minBalance;
    if (floor === null || posted(after) >= posted(before) || available(after) >= floor) continue;
    const detail = `${after.id} has ${money(available(before), after)} available; this would leave ${money(available(after), after)}, below its minimum of ${money(floor, after)}.`;
    return { code: 'insufficient_funds', detail, account: after.id };
  }
  return null;
}

/** Only a movement towards the ceiling can be refused; money held towards it counts. */
function ceilingsKept(effects: readonly Effect[]): Rejection | null {
  for (const { before, after } of effects) {
    const ceiling = after.maxBalance;
    if (ceiling === null || posted(after) <= posted(before)) continue;
    const raised = posted(after) + heldTowards(after);
    if (raised <= ceiling) continue;
    const detail = `${after.id} would come to ${money(raised, after)} with what is held towards it, above its maximum of ${money(ceiling, after)}.`;
    return { code: 'limit_exceeded', detail, account: after.id };
  }
  return null;
}
