import { type SchemaMigration, plainName } from '@mizan/database';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';

/**
 * For `migrateService` of the service that appends: the schema of its events, and the SQL that makes it.
 * @param role the one role that may append, `mizan_<service>`.
 * @throws for a name that could not stand in SQL as it is.
 */
export function eventStoreMigrations({ schema, role }: { readonly schema: string; readonly role: string }): SchemaMigration {
  return {
    schema,
    directory: fileURLToPath(new URL('../migrations', import.meta.url)),
    renamed: { journal: plainName(schema), mizan_transfers: plainName(role), ...lockClasses(schema) },
  };
}

/**
 * The first numbers of a schema's advisory locks. Advisory locks are the whole database's: each schema has its own, so that no store waits for
 * another. The released SQL names those of `journal`.
 */
function lockClasses(schema: string): Readonly<Record<string, string>> {
  if (schema === 'journal') return {};
  const digest = createHash('sha256').update(schema).digest();
  return { 741001: String(digest.readInt32BE(0)), 741002: String(digest.readInt32BE(4)) };
}
