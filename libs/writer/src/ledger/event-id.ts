import { uuidOf } from '@mizan/contracts';
import type { LedgerEvent } from '@mizan/ledger';

/**
 * The id of an event: a UUID (version 8) of its ledger, its command (of an expiry: its hold) and the writer's epoch. The same
 * command written again by the same writer has the same id; by another writer it has another.
 */
export function eventId(ledgerUid: string, epoch: number, event: LedgerEvent): string {
  return uuidOf(`${ledgerUid} ${epoch} ${causeOf(event)}`);
}

function causeOf(event: LedgerEvent): string {
  switch (event.type) {
    case 'LedgerOpened':
      return 'ledger';
    case 'HoldExpired':
      return `expire ${event.hold.id}`;
    case 'AccountOpened':
      return `open ${event.command.id}`;
    default:
      return `command ${event.command.id}`;
  }
}
