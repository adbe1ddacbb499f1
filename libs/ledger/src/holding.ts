import { money } from './account.js';
import { balancesOf, holdOn, post } from './balance.js';
import type { Capture, PlaceHold, Release } from './command.js';
import type { AccountBalances, HoldCaptured, HoldExpired, HoldPlaced, HoldReleased, Recorded } from './events.js';
import type { Facts } from './facts.js';
import { type Hold, type HoldStatus, isDue } from './hold.js';
import { formatInstant } from './instant.js';
import {
  type Effect,
  accountsOpen,
  ceilingsKept,
  effectsOf,
  floorsKept,
  legsOn,
  periodOpen,
  sidesNotFrozen,
  totalsWithinBounds,
  zeroPerAsset,
} from './movement.js';
import type { Posting } from './posting.js';
import { type Rejection, isRejection } from './rejection.js';
import { type Texts, noTexts } from './texts.js';
import { recordedPostings } from './transfer.js';

/** Raises what is held on both sides. Limits are looked at here, and not again when it is captured. */
export function placeHold(facts: Facts, command: PlaceHold, recorded: Recorded): HoldPlaced | Rejection {
  const { id, debit, credit, amount, expiresAt } = command;
  const legs = legsOn(facts, legsOf({ debit, credit }, amount));
  if (isRejection(legs)) return legs;
  const effects = effectsOf(legs, holdOn);
  const { position, recordedAt } = recorded;
  const hold: Hold = {
    id,
    debit,
    credit,
    asset: legs[0]!.on.asset,
    amount,
    captured: 0n,
    released: 0n,
    remaining: amount,
    status: 'placed',
    expiresAt,
    placedAt: recordedAt,
    placedPosition: position,
    position,
  };
  return (
    zeroPerAsset(legs) ??
    notPassed(hold, recordedAt) ??
    accountsOpen(legs) ??
    sidesNotFrozen(legs) ??
    totalsWithinBounds(effects) ??
    floorsKept(effects) ??
    ceilingsKept(effects) ?? { ...recorded, type: 'HoldPlaced', command, texts: command.texts, hold, accounts: totalsAfter(effects) }
  );
}

/** Posts what was held, or a part of it; what remains is given back, or stays held. */
export function captureHold(facts: Facts, command: Capture, recorded: Recorded): HoldCaptured | Rejection {
  const before = facts.hold(command.hold);
  if (!before) return holdNotFound(command.hold);
  const amount = command.amount ?? before.remaining;
  const released = command.final ? before.remaining - amount : 0n;
  const effectiveAt = command.effectiveAt ?? recorded.recordedAt;
  const legs = legsOn(facts, legsOf(before, amount));
  if (isRejection(legs)) throw new Error(`An account of hold ${before.id} is gone: ${legs.detail}`);
  const effects = effectsOf(legs, (account, side, captured) => holdOn(post(account, side, captured), side, -(captured + released)));
  const hold = changed(before, recorded, { captured: amount, released, endsAs: 'captured' });
  return (
    holdOpen(before) ??
    withinHold(facts, before, amount) ??
    periodOpen(facts, effectiveAt) ??
    accountsOpen(legs) ??
    sidesNotFrozen(legs) ?? {
      ...recorded,
      type: 'HoldCaptured',
      command,
      texts: inherited(facts, command),
      effectiveAt,
      postings: recordedPostings(legs, effects),
      hold,
      released,
    }
  );
}

/** Gives back all that remains. Nothing can stand against it but the hold's own end. */
export function releaseHold(facts: Facts, command: Release, recorded: Recorded): HoldReleased | Rejection {
  const before = facts.hold(command.hold);
  if (!before) return holdNotFound(command.hold);
  return (
    holdOpen(before) ?? { ...recorded, type: 'HoldReleased', command, texts: noTexts, ...givenBack(facts, before, recorded, 'released') }
  );
}

/**
 * Gives back what remains of a hold that has fallen due: the writer's own doing, at or after its expiry.
 * @param now the wall clock, ms since the epoch; the journal's own time never goes back behind it.
 * @throws where there is no such open hold, or it is not due: a bug of the writer.
 */
export function expireHold(facts: Facts, id: string, now: number): HoldExpired {
  const { ledger } = facts;
  const recorded: Recorded = { position: ledger.position + 1, recordedAt: Math.max(now, ledger.recordedAt), group: null };
  const before = facts.hold(id);
  if (before?.status !== 'placed' || !isDue(before, recorded.recordedAt)) throw new Error(`The hold ${id} is not open and due.`);
  return { ...recorded, type: 'HoldExpired', ...givenBack(facts, before, recorded, 'expired') };
}

function givenBack(facts: Facts, before: Hold, recorded: Recorded, endsAs: HoldStatus): Pick<HoldReleased, 'hold' | 'accounts'> {
  const legs = legsOn(facts, legsOf(before, before.remaining));
  if (isRejection(legs)) throw new Error(`An account of hold ${before.id} is gone: ${legs.detail}`);
  const effects = effectsOf(legs, (account, side, amount) => holdOn(account, side, -amount));
  return { hold: changed(before, recorded, { captured: 0n, released: before.remaining, endsAs }), accounts: totalsAfter(effects) };
}

const legsOf = ({ debit, credit }: Pick<Hold, 'debit' | 'credit'>, amount: bigint): readonly Posting[] => [
  { account: debit, side: 'debit', amount },
  { account: credit, side: 'credit', amount },
];

const totalsAfter = (effects: readonly Effect[]): readonly AccountBalances[] =>
  effects.map(({ after }) => ({ account: after.id, balances: balancesOf(after) }));

interface Change {
  readonly captured: bigint;
  readonly released: bigint;
  /** What it is once nothing remains. */
  readonly endsAs: HoldStatus;
}

function changed(hold: Hold, { position }: Recorded, { captured, released, endsAs }: Change): Hold {
  const remaining = hold.remaining - captured - released;
  return {
    ...hold,
    captured: hold.captured + captured,
    released: hold.released + released,
    remaining,
    status: remaining === 0n ? endsAs : hold.status,
    position,
  };
}

/** The words of a capture: its own where it has any, else the hold's. */
function inherited(facts: Facts, { hold, texts: { reference, metadata } }: Capture): Texts {
  const placed = facts.command(hold);
  if (placed?.type !== 'HoldPlaced') throw new Error(`The command that placed hold ${hold} was not loaded before deciding on it.`);
  return {
    reference: reference ?? placed.texts?.reference ?? null,
    metadata: Object.keys(metadata).length > 0 ? metadata : (placed.texts?.metadata ?? {}),
  };
}

function holdNotFound(hold: string): Rejection {
  return { code: 'hold_not_found', detail: `There is no hold ${hold} in this ledger. Place it first.`, field: 'hold' };
}

function holdOpen({ id, status }: Hold): Rejection | null {
  if (status === 'placed') return null;
  const end = { captured: 'was captured', released: 'was released', expired: 'has expired' }[status];
  return { code: `hold_${status}`, detail: `The hold ${id} ${end}; nothing remains of it. Place a new one.`, field: 'hold' };
}

function withinHold(facts: Facts, { id, debit, remaining }: Hold, amount: bigint): Rejection | null {
  if (amount <= remaining) return null;
  const account = facts.account(debit)!;
  const detail = `${money(remaining, account)} remain of hold ${id}; ${money(amount, account)} cannot be captured. Capture less, or transfer the rest.`;
  return { code: 'capture_exceeds_hold', detail, field: 'amount' };
}

function notPassed(hold: Hold, moment: number): Rejection | null {
  if (!isDue(hold, moment)) return null;
  const detail = `expiresAt ${formatInstant(hold.expiresAt!)} has passed: it is ${formatInstant(moment)}. Give a later moment, or none.`;
  return { code: 'invalid_date', detail, field: 'expiresAt' };
}
