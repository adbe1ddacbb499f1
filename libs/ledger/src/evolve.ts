import type { Account } from './account.js';
import { withBalances } from './balance.js';
import type { EntryPosted, LedgerEvent } from './events.js';
import type { Changes, Facts } from './facts.js';

/**
 * What an event changes. It looks at nothing but the accounts that the event moves.
 * @throws where the event is not the next one of this journal: history with a gap is not history.
 */
export function evolve(facts: Facts, event: LedgerEvent): Changes {
  const { position, recordedAt } = event;
  if (position !== facts.ledger.position + 1)
    throw new Error(`Event ${position} cannot follow event ${facts.ledger.position}: positions have no gaps.`);
  const ledger = { position, recordedAt, closedThrough: facts.ledger.closedThrough };
  switch (event.type) {
    case 'LedgerOpened':
      return { ledger, accounts: [], opening: null, command: null };
    case 'AccountOpened':
      return { ledger, accounts: [event.account], opening: event, command: null };
    case 'AccountUpdated':
    case 'AccountClosed':
    case 'AccountReopened':
      return { ledger, accounts: [event.account], opening: null, command: event };
    case 'EntryPosted':
      return { ledger, accounts: accountsAfter(facts, event), opening: null, command: event };
    case 'TransferRejected':
      return { ledger, accounts: [], opening: null, command: event };
  }
}

function accountsAfter(facts: Facts, { position, postings }: EntryPosted): readonly Account[] {
  return postings.map(({ account, balances }) => {
    const before = facts.account(account);
    if (!before) throw new Error(`Event ${position} moves ${account}, which was never opened.`);
    return withBalances(before, balances);
  });
}
