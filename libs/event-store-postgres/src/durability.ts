import type pg from 'pg';

/** Without these an acknowledged append could be lost in a crash. synchronous_commit has several settings that wait for the disk. */
const LOSING: Readonly<Record<string, string>> = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };

/** @throws when the server has no event store in the schema, or would answer before a commit is on disk. */
export async function assertDurable(pool: pg.Pool, schema: string): Promise<void> {
  const settings = await pool.query<{ name: string; setting: string }>('SELECT name, setting FROM pg_settings WHERE name = ANY ($1)', [
    Object.keys(LOSING),
  ]);
  const losing = settings.rows.filter(({ name, setting }) => setting === LOSING[name]).map(({ name }) => name);
  if (losing.length > 0)
    throw new Error(
      `PostgreSQL runs with ${losing.map((name) => `${name}=off`).join(' and ')}: a crash could lose entries that were acknowledged. Turn it on.`,
    );
  const store = await pool.query<{ there: boolean }>('SELECT to_regprocedure($1) IS NOT NULL AS there', [
    `${schema}.append(text[],bigint[],integer[],text[])`,
  ]);
  if (!store.rows[0]!.there)
    throw new Error(`This database has no ${schema}.append, or this role may not use it. Run the migrations of the service that appends.`);
}
