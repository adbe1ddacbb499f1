import { type SchemaMigration, plainName } from '@mizan/database';
import { fileURLToPath } from 'node:url';

/**
 * For `migrateService`: makes the table `texts` in the service's own schema, beside what its own migrations make.
 * @param role the one that keeps, reads and erases: `mizan_<service>`.
 * @throws for a name that could not stand in SQL as it is.
 */
export function textsMigrations({ schema, role }: { readonly schema: string; readonly role: string }): SchemaMigration {
  return {
    schema,
    directory: fileURLToPath(new URL('../migrations', import.meta.url)),
    renamed: { owner_schema: plainName(schema), owner_role: plainName(role) },
    table: 'texts_migrations',
  };
}
