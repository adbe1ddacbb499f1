import { money } from './account.js';
import { post } from './balance.js';
import type { Reverse } from './command.js';
import type { EntryPosted, Recorded } from './events.js';
import type { Entry, Facts } from './facts.js';
import { accountsOpen, ceilingsKept, effectsOf, floorsKept, legsOn, periodOpen, sidesNotFrozen, totalsWithinBounds } from './movement.js';
import type { Posting } from './posting.js';
import { type Rejection, isRejection } from './rejection.js';
import { recordedPostings } from './transfer.js';

/** What an entry amounts to: the sum of its debits, minor units. An entry in several assets is only ever reversed whole. */
export const amountOf = (postings: readonly Posting[]): bigint =>
  postings.reduce((sum, { side, amount }) => (side === 'debit' ? sum + amount : sum), 0n);

/** Posts the opposite of an entry, effective now, debits before credits. A reversal is an entry like others, and checked like others. */
export function reverseEntry(facts: Facts, command: Reverse, recorded: Recorded): EntryPosted | Rejection {
  const entry = facts.entry(command.entry);
  if (!entry) return entryNotFound(command.entry);
  const legs = legsOn(facts, opposite(entry, command.amount));
  if (isRejection(legs)) throw new Error(`An account of entry ${entry.id} is gone: ${legs.detail}`);
  const effects = effectsOf(legs, post);
  return (
    divisible(entry, command) ??
    withinEntry(facts, entry, command) ??
    periodOpen(facts, recorded.recordedAt) ??
    accountsOpen(legs) ??
    sidesNotFrozen(legs) ??
    totalsWithinBounds(effects) ??
    floorsKept(effects) ??
    ceilingsKept(effects) ?? {
      ...recorded,
      type: 'EntryPosted',
      command,
      texts: command.texts,
      effectiveAt: recorded.recordedAt,
      postings: recordedPostings(legs, effects),
      reversed: entry.reversed + amountOf(legs),
    }
  );
}

function opposite({ postings }: Entry, amount: bigint | null): readonly Posting[] {
  const swapped = postings.map((posting): Posting => ({
    account: posting.account,
    side: posting.side === 'debit' ? 'credit' : 'debit',
    amount: amount ?? posting.amount,
  }));
  return [...swapped.filter(({ side }) => side === 'debit'), ...swapped.filter(({ side }) => side === 'credit')];
}

function entryNotFound(entry: string): Rejection {
  const detail = `There is no entry ${entry} in this ledger: no transfer, capture or reversal was posted under that id.`;
  return { code: 'entry_not_found', detail, field: 'entry' };
}

function divisible({ id, postings }: Entry, { amount }: Reverse): Rejection | null {
  if (amount === null || postings.length === 2) return null;
  const detail = `The entry ${id} has ${postings.length} postings, and no part of it follows from one amount. Leave the amount out, or post a transfer.`;
  return { code: 'reversal_not_divisible', detail, field: 'amount' };
}

/** The whole of an entry is more than what is left of it after a partial reversal. */
function withinEntry(facts: Facts, { id, postings, reversed }: Entry, { amount }: Reverse): Rejection | null {
  const whole = amountOf(postings);
  if (reversed + (amount ?? whole) <= whole) return null;
  const account = facts.account(postings[0]!.account)!;
  const detail =
    postings.length === 2
      ? `Of the ${money(whole, account)} of entry ${id}, ${money(whole - reversed, account)} are left to reverse.`
      : `The entry ${id} was reversed before; of several postings, it is reversed whole and once.`;
  return { code: 'reversal_exceeds_entry', detail, field: amount === null ? 'entry' : 'amount' };
}
