import { serviceRole } from '@mizan/database';

/** The schema of the journals in PostgreSQL, and the one role that may append to them. */
export const journalSchema = { schema: 'journal', role: serviceRole('transfers') } as const;
