import { hash } from 'node:crypto';
import { plainName } from '@mizan/database';
import type { KnownKinds, Projection } from '@mizan/messaging';
import type pg from 'pg';
import type { ReadModelTable, RowNames } from './read-model-table.js';

/** Tables that one consumer fills from a feed, and from nothing else: so they can be made again. */
export interface ReadModel {
  /** Whose it is. Its role `mizan_<service>` fills the tables. */
  readonly service: string;
  /** Where the tables are that are read, with the inbox and the migrations. */
  readonly schema: string;
  /** All tables that the projection writes, in the order in which everybody locks them. The inbox's own are not among them. */
  readonly tables: readonly ReadModelTable[];
  /** The other tables of the schema that the service's role may write: they are not made again. */
  readonly kept?: readonly string[];
  /** Where it is written which migrations the schema has; `migrations` unless given. */
  readonly migrations?: readonly string[];
  /** The name under which the inbox notes what the tables include. */
  readonly consumer: string;
  /** Which kinds of events its projection knows, and up to which versions. */
  readonly kinds: KnownKinds;
  /** What writes the tables in a schema. It knows that schema alone. */
  readonly projection: (schema: string) => Projection;
  /** What keeps two from making it again at once: an advisory lock of the database. Follows from the schema unless given. */
  readonly lock?: number;
  /** Whose a stream is, where the tables claim more of it than there is; asked in the transaction that sees both schemas. */
  readonly namesOfStream?: (client: pg.ClientBase, stream: string) => Promise<RowNames>;
  /** What people call it. */
  readonly called: Called;
}

export interface Called {
  /** The tables, in the plural, such as `books`. */
  readonly tables: string;
  /** What they are made from, in the singular, such as `journal`. */
  readonly source: string;
}

/** What says which events the tables include. Whoever writes the tables locks it first. */
export const progressTables = ['inbox', 'feed_tokens'] as const;

export const migrationTables = ({ migrations = ['migrations'] }: ReadModel): readonly string[] => migrations;

export const tableNames = ({ tables }: ReadModel): readonly string[] => tables.map(({ name }) => name);

/** Everything that is replaced, in the order in which everybody locks it. */
export const replacedTables = (model: ReadModel): readonly string[] => [...progressTables, ...tableNames(model)];

/** The tables as SQL lists them. */
export const inSchema = (schema: string, tables: readonly string[]): string => tables.map((table) => `${schema}.${table}`).join(', ');

/** Where the tables are made again. Nothing in it is worth keeping. */
export const shadowSchema = (schema: string): string => plainName(`${schema}_beside`);

/** 48 bits, so that JavaScript's numbers hold it. */
export const lockOf = ({ schema, lock }: ReadModel): number =>
  lock ?? Number.parseInt(hash('sha256', `rebuild ${schema}`).slice(0, 12), 16);
