import { fileURLToPath } from 'node:url';

/** For `migrateService` of the service that keeps the journal: its schema, and the SQL that makes it. */
export const journalMigrations = {
  schema: 'journal',
  directory: fileURLToPath(new URL('../migrations', import.meta.url)),
} as const;
