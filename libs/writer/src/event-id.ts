import { hash } from 'node:crypto';
import type { LedgerEvent } from '@mizan/ledger';

/**
 * The id of an event: a UUID (version 8) of its ledger, its command (of an expiry: its hold) and the writer's epoch. The same
 * command written again by the same writer has the same id; by another writer it has another.
 */
export function eventId(ledgerUid: string, epoch: number, event: LedgerEvent): string {
  const digest = hash('sha256', `${ledgerUid} ${epoch} ${causeOf(event)}`);
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-a${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
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
