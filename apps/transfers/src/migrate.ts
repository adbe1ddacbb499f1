import { fileURLToPath } from 'node:url';
import { journalMigrations } from '@mizan/event-store-postgres';
import { migrateFromEnvironment } from '@mizan/platform';

await migrateFromEnvironment({
  service: 'transfers',
  schemas: [journalMigrations, { schema: 'transfers', directory: fileURLToPath(new URL('../migrations', import.meta.url)) }],
});
