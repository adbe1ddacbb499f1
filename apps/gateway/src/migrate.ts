import { fileURLToPath } from 'node:url';
import { migrateService } from '@mizan/database';
import { readEnvironment, secret } from '@mizan/platform';

const { ADMIN_DATABASE_URL, SERVICE_PASSWORD } = readEnvironment({
  ADMIN_DATABASE_URL: secret('the PostgreSQL address with an administrator’s role'),
  SERVICE_PASSWORD: secret('the password that the role mizan_gateway shall have'),
});
const service = 'gateway';
const applied = await migrateService({
  adminUrl: ADMIN_DATABASE_URL,
  service,
  password: SERVICE_PASSWORD,
  schemas: [{ schema: service, directory: fileURLToPath(new URL('../migrations', import.meta.url)) }],
});
process.stdout.write(`${JSON.stringify({ service, applied })}\n`);
