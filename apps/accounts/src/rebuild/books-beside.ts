import { plainName } from '@mizan/database';
import type pg from 'pg';
import { LIVE, bookTables, inSchema } from './book-tables.js';

// The books are made again in tables of their own, which then take the place of those that are read. They are made after those as they
// are: with what an operator added to them, and without anybody having to write a table's definition twice.

/** Where the books are made again. Nothing in it is worth keeping. */
export const BESIDE = 'accounts_beside';

/** What says which events the books include. Whoever writes the books locks it first. */
export const progressTables = ['inbox', 'feed_tokens'] as const;
/** Everything that is replaced, in the order in which everybody locks it. */
export const replacedTables = [...progressTables, ...bookTables] as const;

/** @param role which fills the tables. */
export async function makeBeside(client: pg.ClientBase, role: string): Promise<void> {
  await dropBeside(client);
  await client.query('BEGIN');
  try {
    await client.query(`CREATE SCHEMA ${BESIDE}`);
    await client.query(`GRANT USAGE ON SCHEMA ${BESIDE} TO ${plainName(role)}`);
    const { rows } = await client.query<{ definition: string }>(DEFINITIONS, [replacedTables]);
    for (const { definition } of rows) await client.query(definition);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

export const dropBeside = (client: pg.ClientBase): Promise<unknown> => client.query(`DROP SCHEMA IF EXISTS ${BESIDE} CASCADE`);

/** Inside a transaction that has locked all tables that are read. Indexes, sequences and grants go with their tables. */
export async function putInPlace(client: pg.ClientBase): Promise<void> {
  await client.query(`DROP TABLE ${inSchema(LIVE, replacedTables)}`);
  await client.query(replacedTables.map((table) => `ALTER TABLE ${BESIDE}.${table} SET SCHEMA ${LIVE}`).join('; '));
  await client.query(`DROP SCHEMA ${BESIDE}`);
}

/** How much disk the books take, bytes, with their indexes. */
export async function sizeOf(client: pg.ClientBase, schema: string): Promise<number> {
  const { rows } = await client.query<{ bytes: number }>(
    'SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint AS bytes FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind = $2',
    [schema, 'r'],
  );
  return rows[0]!.bytes;
}

/** What hangs on the tables that are read and would be lost or left behind with them: views, triggers, foreign keys, publications. */
export async function hangingOn(client: pg.ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ what: string }>(HANGING, [replacedTables]);
  return rows.map(({ what }) => what);
}

const REPLACED = `SELECT oid, relname, relowner, reloptions, relacl FROM pg_class
  WHERE relnamespace = '${LIVE}'::regnamespace AND relkind = 'r' AND relname = ANY($1)`;

const HANGING = `WITH replaced AS (${REPLACED})
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
const DEFINITIONS = `
  WITH replaced AS (${REPLACED}), granted AS (
    SELECT relname, relowner, '' AS columns, (aclexplode(relacl)).* FROM replaced
    UNION ALL
    SELECT relname, relowner, format(' (%I)', attname), (aclexplode(attacl)).* FROM replaced JOIN pg_attribute ON attrelid = replaced.oid
  )
  SELECT definition FROM (
    SELECT 1 AS step, format('CREATE TABLE ${BESIDE}.%1$I (LIKE ${LIVE}.%1$I INCLUDING ALL EXCLUDING INDEXES)%2$s', relname,
      ' WITH (' || array_to_string(reloptions, ', ') || ')') AS definition FROM replaced
    UNION ALL
    SELECT 2, format('ALTER TABLE ${BESIDE}.%I OWNER TO %I', relname, pg_get_userbyid(relowner)) FROM replaced
    UNION ALL
    SELECT 3, format('ALTER TABLE ${BESIDE}.%I ADD CONSTRAINT %I %s', relname, conname, pg_get_constraintdef(pg_constraint.oid))
      FROM replaced JOIN pg_constraint ON conrelid = replaced.oid AND contype IN ('p', 'u', 'x')
    UNION ALL
    SELECT 4, regexp_replace(pg_get_indexdef(indexrelid), ' ON ${LIVE}\\.', ' ON ${BESIDE}.')
      FROM replaced JOIN pg_index ON indrelid = replaced.oid AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
    UNION ALL
    SELECT 5, format('GRANT %s%s ON ${BESIDE}.%I TO %s%s', privilege_type, columns, relname,
      CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END, CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
      FROM granted WHERE grantee <> relowner
  ) AS made ORDER BY step`;
