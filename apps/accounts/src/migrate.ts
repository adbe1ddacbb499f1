import { fileURLToPath } from 'node:url';
import { migrateService } from '@mizan/database';

const service = 'accounts';
const applied = await migrateService({
  adminUrl: process.env['ADMIN_DATABASE_URL']!,
  service,
  password: process.env['SERVICE_PASSWORD']!,
  schemas: [{ schema: service, directory: fileURLToPath(new URL('../migrations', import.meta.url)) }],
});
process.stdout.write(`${JSON.stringify({ service, applied })}\n`);
