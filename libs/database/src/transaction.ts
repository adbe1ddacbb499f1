import pg from 'pg';

/** How long a rollback may take before the connection is given up instead. */
const ROLLBACK_TIMEOUT_MS = 2_000;

/**
 * COMMIT was sent and no clear answer came back: what the transaction wrote may or may not be there.
 * Read before saying anything more. `cause` is what the connection said.
 */
export class UnknownCommit extends Error {
  override readonly name = 'UnknownCommit';

  constructor(cause: unknown) {
    super('The connection broke during COMMIT: whether the transaction took place must be read back.', { cause });
  }
}

/**
 * Runs `work` in one transaction on one connection of the pool, then commits. A connection that is no longer sound is closed, not reused.
 * @throws what `work` threw, after a rollback: nothing was written.
 * @throws UnknownCommit when only reading can tell whether it was written.
 */
export async function transaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  // Lost between two statements, a connection says so by an event; the next statement fails, and that is where it is dealt with.
  client.on('error', ignored);
  let sound = false;
  try {
    await client.query('BEGIN');
    let result: T;
    try {
      result = await work(client);
    } catch (error) {
      sound = await rolledBack(client);
      throw error;
    }
    await commit(client);
    sound = true;
    return result;
  } finally {
    client.off('error', ignored);
    client.release(!sound);
  }
}

const ignored = (): void => {};

async function commit(client: pg.PoolClient): Promise<void> {
  const answer = await client.query('COMMIT').catch((error: unknown) => {
    throw isRefusedCommit(error) ? error : new UnknownCommit(error);
  });
  // The server answers a COMMIT after a failed statement with ROLLBACK and no error.
  if (answer.command !== 'COMMIT')
    throw new Error('A statement failed in this transaction and its error was swallowed: nothing was written.');
}

/** Deferred constraints and triggers, serialization failures: the server's word that it rolled back. */
function isRefusedCommit(error: unknown): boolean {
  const code = error instanceof pg.DatabaseError ? (error.code ?? '') : '';
  return /^(23|40|P0)/.test(code) && code !== '40003';
}

async function rolledBack(client: pg.PoolClient): Promise<boolean> {
  // pg reads query_timeout from a query too; its types do not know.
  const rollback: pg.QueryConfig & { query_timeout: number } = { text: 'ROLLBACK', query_timeout: ROLLBACK_TIMEOUT_MS };
  return client.query(rollback).then(
    () => true,
    () => false,
  );
}
