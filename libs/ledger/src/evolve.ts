import type { Account } from './account.js';
import { withBalances } from './balance.js';
import type { AccountBalances, EntryPosted, LedgerEvent } from './events.js';
import { type Changes, type Entry, type Facts, MAX_REVERSALS_NAMED } from './facts.js';

/**
 * What an event changes. It looks at nothing but the accounts that the event moves.
 * @throws where the event is not the next one of this journal: history with a gap is not history.
 */
export function evolve(facts: Facts, event: LedgerEvent): Changes {
  const { position, recordedAt } = event;
  if (position !== facts.ledger.position + 1)
    throw new Error(`Event ${position} cannot follow event ${facts.ledger.position}: positions have no gaps.`);
  const { closedThrough } = facts.ledger;
  const ledger = { position, recordedAt, closedThrough };
  switch (event.type) {
    case 'LedgerOpened':
      return { ...nothing, ledger };
    case 'AccountOpened':
      return { ...nothing, ledger, accounts: [event.account], opening: event };
    case 'AccountUpdated':
    case 'AccountClosed':
    case 'AccountReopened':
      return { ...nothing, ledger, accounts: [event.account], command: event };
    case 'EntryPosted': {
      const accounts = accountsAfter(facts, position, event.postings);
      return { ...nothing, ledger, accounts, entry: reversedBy(facts, event), command: event };
    }
    case 'HoldCaptured':
      return { ...nothing, ledger, accounts: accountsAfter(facts, position, event.postings), hold: event.hold, command: event };
    case 'HoldPlaced':
    case 'HoldReleased':
      return { ...nothing, ledger, accounts: accountsAfter(facts, position, event.accounts), hold: event.hold, command: event };
    case 'HoldExpired':
      return { ...nothing, ledger, accounts: accountsAfter(facts, position, event.accounts), hold: event.hold };
    case 'PeriodClosed':
      return { ...nothing, ledger: { ...ledger, closedThrough: event.command.through }, command: event };
    case 'TransferRejected':
      return { ...nothing, ledger, command: event };
  }
}

const nothing = { accounts: [], hold: null, entry: null, opening: null, command: null };

function accountsAfter(facts: Facts, position: number, after: readonly AccountBalances[]): readonly Account[] {
  return after.map(({ account, balances }) => {
    const before = facts.account(account);
    if (!before) throw new Error(`Event ${position} moves ${account}, which was never opened.`);
    return withBalances(before, balances);
  });
}

/** The entry that an event reverses, as it is then; null where it reverses none, or one that is not in memory. */
function reversedBy(facts: Facts, { command, reversed, position }: EntryPosted): Entry | null {
  const before = command.op === 'reverse' ? facts.entry(command.entry) : undefined;
  if (!before || reversed === null) return null;
  const named = before.reversedBy.length < MAX_REVERSALS_NAMED ? [...before.reversedBy, command.id] : before.reversedBy;
  return { ...before, reversed, reversedBy: named, position };
}
