import type { Book } from './book.js';
import { decide, openLedger } from './decide.js';
import type { CommandEvent, HoldExpired, LedgerEvent } from './events.js';
import { firstDifference } from './difference.js';
import { decideGroup } from './group.js';
import { isDue } from './hold.js';
import { expireHold } from './holding.js';

const uncompared = ['detail', 'texts', 'metadata'];

/**
 * Decides history again: what one command, or one group, did must follow from the book as it stood before, at the
 * time when it was recorded. Answers what differs first, or null. The wording of details may change with the
 * program, and texts may have been erased (their commitment vouches for them): neither is compared.
 * @param events all events of the command or group, not yet applied to the book.
 */
export function redecide(book: Book, events: readonly LedgerEvent[]): string | null {
  const [first] = events;
  if (!first) return null;
  const opens = first.type === 'LedgerOpened';
  if (opens !== (book.ledger.position === 0)) return opens ? 'the ledger was open already' : 'the ledger was not open yet';
  if (opens) return firstDifference(openLedger(book, first, first.recordedAt), first);
  if (first.type === 'HoldExpired') return expiredAgain(book, first);
  // Its siblings were never recorded, so it is taken as it stands.
  if (first.type === 'TransferRejected' && first.inGroup) return null;
  // An account's exponent stands in its own opening, for assets that were defined elsewhere.
  for (const event of events) if (event.type === 'AccountOpened') book.defineAsset(event.account.asset, event.account.exponent);

  const commands = (events as readonly CommandEvent[]).map(({ command }) => command);
  const decision = first.group
    ? decideGroup(book, { op: 'group', operations: commands }, first.recordedAt)
    : decide(book, commands[0]!, first.recordedAt);
  if (decision.events.length === events.length) return firstDifference(decision.events, events, uncompared);
  const { rejection } = decision.answer as { rejection?: { code: string } };
  return rejection ? `it would be refused now (${rejection.code})` : 'it would do nothing now';
}

function expiredAgain(book: Book, event: HoldExpired): string | null {
  const { hold, recordedAt } = event;
  const before = book.hold(hold.id);
  if (before?.status !== 'placed' || !isDue(before, recordedAt)) return `the hold ${hold.id} would not expire now`;
  return firstDifference(expireHold(book, hold.id, recordedAt), event);
}
