import { type Account, normalSide } from './account.js';
import { available, balancesOf, post } from './balance.js';
import type { Transfer, TwoLegTransfer } from './command.js';
import type { EntryPosted, Recorded } from './events.js';
import type { Facts } from './facts.js';
import {
  type Effect,
  type Leg,
  accountsOpen,
  ceilingsKept,
  effectsOf,
  floorsKept,
  legsOn,
  periodOpen,
  reach,
  sidesNotFrozen,
  totalsWithinBounds,
  zeroPerAsset,
} from './movement.js';
import { type RecordedPosting, postingsOf } from './posting.js';
import { type Rejection, isRejection } from './rejection.js';

/** A transfer becomes a journal entry, or the first check that fails says why not. */
export function postTransfer(facts: Facts, command: Transfer, recorded: Recorded): EntryPosted | Rejection {
  const asked = legsOn(facts, postingsOf(command));
  if (isRejection(asked)) return asked;
  const room = 'cap' in command ? roomWithin(command, asked) : null;
  const legs = room === null ? asked : asked.map((leg) => ({ ...leg, amount: room > 0n ? room : 1n }));
  const effects = effectsOf(legs, post);
  const effectiveAt = command.effectiveAt ?? recorded.recordedAt;
  return (
    zeroPerAsset(legs) ??
    periodOpen(facts, effectiveAt) ??
    accountsOpen(legs) ??
    sidesNotFrozen(legs) ??
    (room === null || room > 0n ? totalsWithinBounds(effects) : null) ??
    floorsKept(effects) ??
    ceilingsKept(effects) ?? {
      position: recorded.position,
      recordedAt: recorded.recordedAt,
      group: recorded.group,
      type: 'EntryPosted',
      command,
      texts: command.texts,
      effectiveAt,
      postings: recordedPostings(legs, effects),
      reversed: null,
    }
  );
}

/** The legs as the journal keeps them: with the balances after the whole. */
export function recordedPostings(legs: readonly Leg[], effects: readonly Effect[]): readonly RecordedPosting[] {
  return legs.map(({ account, side, amount, on }) => {
    const { after } = effects.find(({ before }) => before.id === account)!;
    return { account, side, amount, asset: on.asset, balances: balancesOf(after) };
  });
}

/**
 * What the limits leave of a capped amount. Where they leave nothing, one minor unit is asked for, so that the limit
 * itself says no.
 */
function roomWithin({ amount, cap }: TwoLegTransfer, legs: readonly Leg[]): bigint {
  const rooms = legs.flatMap(({ on, side }) => (cap === side || cap === 'both' ? (roomFor(on, side) ?? []) : []));
  return rooms.reduce((least, room) => (room < least ? room : least), amount);
}

/** How much an account's limit leaves for a posting on one side; null where no limit stands in its way. */
function roomFor(account: Account, side: Leg['side']): bigint | null {
  const { minBalance, maxBalance } = account;
  if (side === normalSide(account.type)) return maxBalance === null ? null : maxBalance - reach(account);
  return minBalance === null ? null : available(account) - minBalance;
}
