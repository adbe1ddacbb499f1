import { type SchemaMigration, plainName } from '@mizan/database';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';

/**
 * For `migrateService` of the service that appends: the schema of its events, and the SQL that makes it.
 * @param role the one role that may append, `mizan_<service>`.
 * @throws for a name that could not stand in SQL as it is.
 */
export function eventStoreMigrations({ schema, role }: { readonly schema: string; readonly role: string }): SchemaMigration {
  const { streams, feed } = lockClasses(plainName(schema));
  return {
    schema,
    directory: fileURLToPath(new URL('../migrations', import.meta.url)),
    values: { schema, role: plainName(role), streams_lock: String(streams), feed_lock: String(feed) },
  };
}

/**
 * The first numbers of a schema's advisory locks. Advisory locks are the whole database's: each schema has its own, so that no store waits for
 * another. Those of `journal` are older than other schemas.
 */
function lockClasses(schema: string): { readonly streams: number; readonly feed: number } {
  if (schema === 'journal') return { streams: 741001, feed: 741002 };
  const digest = createHash('sha256').update(schema).digest();
  return { streams: digest.readInt32BE(0), feed: digest.readInt32BE(4) };
}
