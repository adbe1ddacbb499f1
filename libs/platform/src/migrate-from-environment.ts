import { type ServiceMigration, migrateService, serviceRole } from '@mizan/database';
import { readEnvironment, secret } from './environment.js';

/**
 * What a service's `migrate.js` does: makes its role, schemas and tables as the administrator, and says on stdout
 * how many migrations were new. A fault of the environment ends the process with code 2.
 */
export async function migrateFromEnvironment({ service, schemas }: Pick<ServiceMigration, 'service' | 'schemas'>): Promise<void> {
  const { ADMIN_DATABASE_URL, SERVICE_PASSWORD } = readEnvironment({
    ADMIN_DATABASE_URL: secret('the PostgreSQL address with an administrator’s role'),
    SERVICE_PASSWORD: secret(`the password that the role ${serviceRole(service)} shall have`),
  });
  const applied = await migrateService({ adminUrl: ADMIN_DATABASE_URL, service, password: SERVICE_PASSWORD, schemas });
  process.stdout.write(`${JSON.stringify({ service, applied })}\n`);
}
