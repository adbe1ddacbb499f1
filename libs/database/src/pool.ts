import pg from 'pg';

/** The server gives up on a statement after this time; the client, for a server that says nothing at all, a little later. */
export const STATEMENT_TIMEOUT_MS = 30_000;
const SILENT_SERVER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 5_000;
const LOCK_TIMEOUT_MS = 10_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 5_000;

export interface PoolOptions {
  readonly url: string;
  /** What the server's own lists call these connections. */
  readonly name: string;
  /** The most connections at once. */
  readonly max: number;
  /** Server settings of these connections, such as `{ enable_seqscan: 'off' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * A bounded pool of connections whose every wait has an end. Its int8 columns are numbers, asserted to be exact; numeric stays text.
 * A caller that finds all connections taken waits 5 s, then gets an error.
 */
export function openPool({ url, name, max, settings = {} }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: name,
    max,
    options: Object.entries(settings)
      .map(([setting, value]) => `-c ${setting}=${value}`)
      .join(' '),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: SILENT_SERVER_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    keepAlive: true,
    types: columnTypes,
  });
  // Without a listener, losing an idle connection would end the process. The pool has dropped it already; the next caller gets a new one.
  pool.on('error', () => {});
  return pool;
}

const { builtins } = pg.types;
const TEXT_ARRAY = 1009;
const INT8_ARRAY = 1016;
const asIs = (text: string): string => text;
const elements: (text: string) => (string | null)[] = pg.types.getTypeParser(TEXT_ARRAY as number, 'text');

/** Positions and counts stay far below 2^53. Money never comes this way: amounts are numeric or text. */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (format === 'binary') return pg.types.getTypeParser(oid, 'binary');
    if (oid === builtins.INT8) return exactNumber;
    if (oid === INT8_ARRAY) return (text: string) => elements(text).map((element) => (element === null ? null : exactNumber(element)));
    if (oid === builtins.NUMERIC) return asIs;
    return pg.types.getTypeParser(oid, 'text');
  }) as typeof pg.types.getTypeParser,
};

function exactNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError(`The int8 value ${text} is past 2^53 - 1: read it as text (column::text).`);
  return number;
}
