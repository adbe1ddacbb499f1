import { fileURLToPath } from 'node:url';
import { eventStoreMigrations } from '@mizan/event-store-postgres';
import { migrateFromEnvironment } from '@mizan/platform';
import { journals } from './tables/journals.js';

await migrateFromEnvironment({
  service: 'transfers',
  schemas: [eventStoreMigrations(journals), { schema: 'transfers', directory: fileURLToPath(new URL('../migrations', import.meta.url)) }],
});
