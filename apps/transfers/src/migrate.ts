import { fileURLToPath } from 'node:url';
import { migrateService } from '@mizan/database';
import { journalMigrations } from '@mizan/event-store-postgres';

const service = 'transfers';
const applied = await migrateService({
  adminUrl: process.env['ADMIN_DATABASE_URL']!,
  service,
  password: process.env['SERVICE_PASSWORD']!,
  schemas: [journalMigrations, { schema: service, directory: fileURLToPath(new URL('../migrations', import.meta.url)) }],
});
process.stdout.write(`${JSON.stringify({ service, applied })}\n`);
