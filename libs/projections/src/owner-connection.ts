import { columnTypes, serviceRole } from '@mizan/database';
import pg from 'pg';
import { type ReadModel, lockOf } from './read-model.js';

/** A connection of the tables' owner. Its long statements have no limit. */
export async function ownerConnection(adminUrl: string, { service }: ReadModel): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: adminUrl,
    application_name: `${serviceRole(service)}_rebuild`,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    types: columnTypes,
  });
  client.on('error', () => {}); // The statement that runs fails with it, or the next one.
  await client.connect();
  // What a process that was killed has left behind ends soon; not every server can look.
  await client.query("SET client_connection_check_interval = '1s'").catch(() => {});
  return client;
}

/** Nobody else makes this read model again for as long as the connection lives. @throws where somebody does already, with who it is. */
export async function alone(keeper: pg.Client, model: ReadModel): Promise<void> {
  const lock = lockOf(model);
  const { rows } = await keeper.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [lock]);
  if (rows[0]!.locked) return;
  const { rows: others } = await keeper.query<{ pid: number; since: string }>(
    `SELECT pid, to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since
     FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted AND objsubid = 1
       AND (classid::bigint << 32) + objid::bigint = $1 AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [lock],
  );
  const [other] = others;
  const who = other ? ` (since ${other.since}, the server's process ${other.pid})` : '';
  throw new Error(`The ${model.called.tables} are being made again already${who}. Wait for it, or break it off; nothing was changed.`);
}
