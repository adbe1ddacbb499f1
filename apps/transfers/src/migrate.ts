import { fileURLToPath } from 'node:url';
import { eventStoreMigrations } from '@mizan/event-store-postgres';
import { migrateFromEnvironment } from '@mizan/platform';
import { journalSchema } from './tables/journal-schema.js';

await migrateFromEnvironment({
  service: 'transfers',
  schemas: [
    eventStoreMigrations(journalSchema),
    { schema: 'transfers', directory: fileURLToPath(new URL('../migrations', import.meta.url)) },
  ],
});
