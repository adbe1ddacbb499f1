import { serviceNamed } from '@mizan/contracts';
import { serviceRole } from '@mizan/database';
import type { LeaseTable, OwnStreams } from '@mizan/streams';

/** The journals: they are older than the names that a service's streams have today. */
export const journals: OwnStreams = {
  kinds: serviceNamed('transfers').streams,
  called: 'journals',
  schema: 'journal',
  role: serviceRole('transfers'),
  keptIn: 'transfers.journals_kept_in',
};

/** Their leases, also older. */
export const journalLeases: LeaseTable = { table: 'transfers.leases', uid: 'ledger', heldBy: 'owner' };
