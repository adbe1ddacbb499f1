import pg from 'pg';
import { runner } from 'node-pg-migrate';
import { type Renamed, sqlFiles } from './sql-files.js';
import { ensureServiceRole, plainName, serviceRole } from './service-role.js';

/** One number for everyone who migrates a database, so that they go one after another. */
const MIGRATION_LOCK = 0x6d697a616e;
const WAIT_FOR_OTHERS_MS = 120_000;
/** A migration that cannot get its table must not queue before the services that use it. */
const DDL_LOCK_TIMEOUT_MS = 10_000;

export interface SchemaMigration {
  readonly schema: string;
  /** Of its `.sql` files, which run in the order of their numbers, once, forwards only. */
  readonly directory: string;
  /** For files that make more than one schema: the other name of a word in their SQL. */
  readonly renamed?: Renamed;
  /** Which of them have run is written here, in the schema: two directories of one schema have two tables. `migrations` unless given. */
  readonly table?: string;
}

export interface ServiceMigration {
  /** A role that may create roles and schemas; it owns all that is made here. */
  readonly adminUrl: string;
  readonly service: string;
  /** What the role `mizan_<service>` shall log in with. */
  readonly password: string;
  readonly schemas: readonly SchemaMigration[];
}

/**
 * Makes the service's role and schemas and runs what is new of its migrations: all of it or, per schema, nothing.
 * The SQL names its schema and grants `mizan_<service>` what it needs.
 * @returns the number of migrations applied; 0 when there was nothing new.
 */
export async function migrateService({ adminUrl, service, password, schemas }: ServiceMigration): Promise<number> {
  const role = serviceRole(service);
  for (const { schema } of schemas) plainName(schema);
  const client = new pg.Client({ connectionString: adminUrl, application_name: `${role}_migrate`, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {}); // The statement that runs fails with it.
  await client.connect();
  try {
    await client.query(`SET lock_timeout = ${WAIT_FOR_OTHERS_MS}`);
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query(`SET lock_timeout = ${DDL_LOCK_TIMEOUT_MS}`);
    await ensureServiceRole(client, service, password);
    let applied = 0;
    for (const each of schemas) applied += await migrateSchema(client, role, each);
    return applied;
  } finally {
    await client.end();
  }
}

async function migrateSchema(
  client: pg.Client,
  role: string,
  { schema, directory, renamed = {}, table = 'migrations' }: SchemaMigration,
): Promise<number> {
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
  await client.query(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`);
  let at = directory;
  const applied = await runner({
    dbClient: client,
    dir: directory,
    migrationLoaderStrategies: [sqlFiles(renamed)],
    direction: 'up',
    migrationsSchema: schema,
    migrationsTable: table,
    singleTransaction: true,
    noLock: true,
    logger: { ...silent, info: (line: string) => (at = /^### MIGRATION (\S+)/.exec(line)?.[1] ?? at) },
  }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Migrating schema ${schema} failed at ${at}: ${reason}. Nothing of this run is left in the schema.`, { cause: error });
  });
  return applied.length;
}

const nothing = (): void => {};
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing };
