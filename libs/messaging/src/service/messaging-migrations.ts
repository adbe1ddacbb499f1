import { fileURLToPath } from 'node:url';
import { type SchemaMigration, serviceRole } from '@mizan/database';

/** For `migrateService` of a service that hears topics or says one: its inbox and its places in feeds, in its own schema. */
export function messagingMigrations(service: string): SchemaMigration {
  return {
    schema: service,
    directory: fileURLToPath(new URL('../../migrations', import.meta.url)),
    table: 'messaging_migrations',
    renamed: { owner: service, mizan_owner: serviceRole(service) },
  };
}
