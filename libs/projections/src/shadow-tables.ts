import { plainName, serviceRole } from '@mizan/database';
import type pg from 'pg';
import { type ReadModel, inSchema, migrationTables, progressTables, replacedTables, shadowSchema } from './read-model.js';

// A read model is made again in shadow tables, which then take the place of those that are read. They are made after those as they are: with
// what an operator added to them, and without anybody having to write a table's definition twice.

export async function makeShadow(client: pg.ClientBase, model: ReadModel): Promise<void> {
  const shadow = shadowSchema(model.schema);
  await dropShadow(client, model);
  await client.query('BEGIN');
  try {
    await client.query(`CREATE SCHEMA ${shadow}`);
    await client.query(`GRANT USAGE ON SCHEMA ${shadow} TO ${serviceRole(model.service)}`);
    const { rows } = await client.query<{ definition: string }>(definitions(model.schema, shadow), [replacedTables(model)]);
    for (const { definition } of rows) await client.query(definition);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

export const dropShadow = (client: pg.ClientBase, { schema }: ReadModel): Promise<unknown> =>
  client.query(`DROP SCHEMA IF EXISTS ${shadowSchema(schema)} CASCADE`);

/** Inside a transaction that has locked all tables that are read. Indexes, sequences and grants go with their tables. */
export async function switchTables(client: pg.ClientBase, model: ReadModel): Promise<void> {
  const [{ schema, consumer }, shadow, tables] = [model, shadowSchema(model.schema), replacedTables(model)];
  // Other consumers of the service have tables of their own, and their place in the same inbox.
  for (const table of progressTables)
    await client.query(`INSERT INTO ${shadow}.${table} SELECT * FROM ${schema}.${table} WHERE consumer <> $1`, [consumer]);
  await client.query(`DROP TABLE ${inSchema(schema, tables)}`);
  await client.query(tables.map((table) => `ALTER TABLE ${shadow}.${table} SET SCHEMA ${schema}`).join('; '));
  await client.query(`DROP SCHEMA ${shadow}`);
}

/** How much disk the tables that are read take, bytes, with their indexes. */
export async function sizeOf(client: pg.ClientBase, model: ReadModel): Promise<number> {
  const { rows } = await client.query<{ bytes: number }>(
    'SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint AS bytes FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relname = ANY($2)',
    [model.schema, replacedTables(model)],
  );
  return rows[0]!.bytes;
}

/** What hangs on the tables that are read and would be lost or left behind with them: views, triggers, foreign keys, publications. */
export async function hangingOn(client: pg.ClientBase, model: ReadModel): Promise<readonly string[]> {
  const { rows } = await client.query<{ what: string }>(hanging(model.schema), [replacedTables(model)]);
  return rows.map(({ what }) => what);
}

/**
 * Where the list of tables is not what the schema has: tables that are listed and not there, and those that are there, may be written by the
 * service's role, and are neither listed nor said to be kept. Others than the service may keep tables of their own in the schema.
 */
export async function wronglyListed(client: pg.ClientBase, model: ReadModel): Promise<readonly string[]> {
  const { rows } = await client.query<{ what: string }>(WRONGLY_LISTED, [
    model.schema,
    replacedTables(model),
    [...(model.kept ?? []), ...migrationTables(model)],
    serviceRole(model.service),
  ]);
  return rows.map(({ what }) => what);
}

const WRONGLY_LISTED = `
  WITH there AS (SELECT oid, relname::text AS name, relkind FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind IN ('r', 'p'))
  SELECT format('%s is listed and not there', name) AS what FROM unnest($2::text[]) AS listed (name)
    WHERE NOT EXISTS (SELECT FROM there WHERE there.name = listed.name AND relkind = 'r')
  UNION ALL SELECT format('%s is there and not listed', name) FROM there
    WHERE name <> ALL($2) AND name <> ALL($3)
      AND (has_table_privilege($4, oid, 'INSERT, UPDATE, DELETE, TRUNCATE') OR has_any_column_privilege($4, oid, 'INSERT, UPDATE'))
  ORDER BY what`;

const replaced = (schema: string): string => `SELECT oid, relname, relowner, reloptions, relacl FROM pg_class
  WHERE relnamespace = '${plainName(schema)}'::regnamespace AND relkind = 'r' AND relname = ANY($1)`;

const hanging = (schema: string): string => `WITH replaced AS (${replaced(schema)})
  SELECT DISTINCT 'view ' || rule.ev_class::regclass AS what FROM pg_depend AS found
    JOIN pg_rewrite AS rule ON rule.oid = found.objid AND found.classid = 'pg_rewrite'::regclass
    WHERE found.refclassid = 'pg_class'::regclass AND found.refobjid IN (SELECT oid FROM replaced)
  UNION ALL SELECT format('trigger %I on %s', tgname, tgrelid::regclass) FROM pg_trigger
    WHERE NOT tgisinternal AND tgrelid IN (SELECT oid FROM replaced)
  UNION ALL SELECT format('foreign key %I of %s', conname, conrelid::regclass) FROM pg_constraint
    WHERE contype = 'f' AND (conrelid IN (SELECT oid FROM replaced) OR confrelid IN (SELECT oid FROM replaced))
  UNION ALL SELECT 'publication ' || quote_ident(pubname) FROM pg_publication_rel JOIN pg_publication ON pg_publication.oid = prpubid
    WHERE prrelid IN (SELECT oid FROM replaced)`;

/** What makes the tables again, in order: each with its options and owner, then keys and indexes by their names, then grants. */
const definitions = (schema: string, shadow: string): string => `
  WITH replaced AS (${replaced(schema)}), granted AS (
    SELECT relname, relowner, '' AS columns, (aclexplode(relacl)).* FROM replaced
    UNION ALL
    SELECT relname, relowner, format(' (%I)', attname), (aclexplode(attacl)).* FROM replaced JOIN pg_attribute ON attrelid = replaced.oid
  )
  SELECT definition FROM (
    SELECT 1 AS step, format('CREATE TABLE ${shadow}.%1$I (LIKE ${schema}.%1$I INCLUDING ALL EXCLUDING INDEXES)%2$s', relname,
      ' WITH (' || array_to_string(reloptions, ', ') || ')') AS definition FROM replaced
    UNION ALL
    SELECT 2, format('ALTER TABLE ${shadow}.%I OWNER TO %I', relname, pg_get_userbyid(relowner)) FROM replaced
    UNION ALL
    SELECT 3, format('ALTER TABLE ${shadow}.%I ADD CONSTRAINT %I %s', relname, conname, pg_get_constraintdef(pg_constraint.oid))
      FROM replaced JOIN pg_constraint ON conrelid = replaced.oid AND contype IN ('p', 'u', 'x')
    UNION ALL
    SELECT 4, regexp_replace(pg_get_indexdef(indexrelid), ' ON ${schema}\\.', ' ON ${shadow}.')
      FROM replaced JOIN pg_index ON indrelid = replaced.oid AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
    UNION ALL
    SELECT 5, format('GRANT %s%s ON ${shadow}.%I TO %s%s', privilege_type, columns, relname,
      CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END, CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
      FROM granted WHERE grantee <> relowner
  ) AS made ORDER BY step`;
