import { fileURLToPath } from 'node:url';
import type { ServiceRow } from '@mizan/contracts';
import { type SchemaMigration, serviceRole } from '@mizan/database';
import { eventStoreMigrations } from '@mizan/event-store-postgres';

/** The streams that one service owns. */
export interface OwnStreams {
  /** A stream is `<kind>-<id>`. */
  readonly kinds: readonly string[];
  /** What people call them, in the plural. */
  readonly called: string;
  /** The schema of their events in PostgreSQL. */
  readonly schema: string;
  /** The one role that may append. */
  readonly role: string;
  /** The table that says which store keeps them. */
  readonly keptIn: string;
}

/** What of a service's row says which streams it owns. */
export type Owner = Pick<ServiceRow, 'name' | 'streams'>;

/** The streams that a service's row names, in the schema `<service>_events`. */
export function ownStreams({ name, streams }: Owner): OwnStreams {
  return {
    kinds: streams,
    called: `streams of ${name}`,
    schema: `${name}_events`,
    role: serviceRole(name),
    keptIn: `${name}.streams_kept_in`,
  };
}

/** For `migrateService` of that service: the schema of its events, and in its own schema what `openStreams` needs. */
export function streamMigrations(service: Owner): readonly SchemaMigration[] {
  const { schema, role } = ownStreams(service);
  return [
    eventStoreMigrations({ schema, role }),
    {
      schema: service.name,
      directory: fileURLToPath(new URL('../migrations', import.meta.url)),
      table: 'streams_migrations',
      renamed: { owner: service.name, mizan_owner: role },
    },
  ];
}
