import { type SchemaMigration, plainName } from '@mizan/database';
import { fileURLToPath } from 'node:url';

/**
 * For `migrateService` of the service that runs processes: the tables of timers and leases in its own schema.
 * @param role the one role that may use them, `mizan_<service>`.
 * @throws for a name that could not stand in SQL as it is.
 */
export function processMigrations({ schema, role }: { readonly schema: string; readonly role: string }): SchemaMigration {
  return {
    schema,
    directory: fileURLToPath(new URL('../../migrations', import.meta.url)),
    renamed: { owner: plainName(schema), mizan_owner: plainName(role) },
    table: 'process_migrations',
  };
}
