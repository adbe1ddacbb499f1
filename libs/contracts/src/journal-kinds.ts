import { type DataIn, EventKinds } from './event-kind.js';
import type { journalSchemas } from './journal-schemas.js';

/** The events of a ledger's journal. */
export const journalKinds = new EventKinds<DataIn<typeof journalSchemas>>('transfers', {
  LedgerOpened: { version: 1, says: 'A ledger was opened: the first event of its journal.' },
  AccountOpened: { version: 1, says: 'An account was opened.' },
  AccountUpdated: { version: 1, says: 'Limits, freezing or metadata of an account changed.' },
  AccountClosed: { version: 1, says: 'An account was closed.' },
  AccountReopened: { version: 1, says: 'An account was opened again.' },
  EntryPosted: { version: 1, says: 'A journal entry was posted: a transfer, or the reversal of an entry.' },
  HoldPlaced: { version: 1, says: 'Money was reserved between two accounts.' },
  HoldCaptured: { version: 1, says: 'A journal entry was posted from what a hold reserved.' },
  HoldReleased: { version: 1, says: 'What remained of a hold was given back, because somebody asked.' },
  HoldExpired: { version: 1, says: 'What remained of a hold was given back, because its time had come.' },
  PeriodClosed: { version: 1, says: 'No entry may be effective on or before a day any more.' },
  TransferRejected: { version: 1, says: 'A command was refused for good: its id is spent and moved nothing.' },
});
