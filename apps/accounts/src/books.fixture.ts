import { copyFile, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { migrateService, openPool, serviceUrl } from '@mizan/database';
import pg from 'pg';
import { liveBooks } from './tables/snapshot.js';

const PASSWORD = 'for-this-test-alone';
const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

/** Brings the service's role and tables up to the last of these migrations. */
export const migrated = (adminUrl: string, directory = MIGRATIONS): Promise<number> =>
  migrateService({ adminUrl, service: 'accounts', password: PASSWORD, schemas: [{ schema: 'accounts', directory }] });

/** A folder with the migrations that there were up to this one. Whoever asks for it removes it. */
export async function migrationsThrough(last: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mizan-accounts-'));
  for (const name of await readdir(MIGRATIONS)) if (name <= last) await copyFile(join(MIGRATIONS, name), join(folder, name));
  return folder;
}

export interface BooksDatabase {
  /** As the service logs in. */
  readonly url: string;
  readonly adminUrl: string;
  readonly pool: pg.Pool;
  /** Every table of the books, in the order of its key, without the numbers that ledgers happen to have. */
  contents(): Promise<Record<string, unknown[]>>;
  /** Runs SQL as the administrator. */
  administer(sql: string): Promise<void>;
  close(): Promise<void>;
}

/** The service's tables in a database of the test's own. */
export async function booksDatabase({ adminUrl, drop }: { adminUrl: string; drop(): Promise<void> }): Promise<BooksDatabase> {
  await migrated(adminUrl);
  const url = serviceUrl(adminUrl, 'accounts', PASSWORD);
  const pool = openPool({ url, name: 'accounts-test', max: 8 });
  return {
    url,
    adminUrl,
    pool,
    contents: async () => {
      const found: Record<string, unknown[]> = {};
      for (const [table, key] of Object.entries(keys)) {
        const own = table === 'ledgers';
        const { rows } = await pool.query<{ row: Record<string, unknown> }>(
          own
            ? `SELECT to_jsonb(found) - 'number' AS row FROM accounts.ledgers AS found ORDER BY ${key}`
            : `SELECT to_jsonb(found) - 'ledger' || jsonb_build_object('uid', uid) AS row
               FROM accounts.${table} AS found JOIN accounts.ledgers ON ledger = ledgers.number ORDER BY ${key}`,
        );
        found[table] = rows.map(({ row }) => row);
      }
      return found;
    },
    administer: async (sql) => {
      const client = new pg.Client({ connectionString: adminUrl });
      await client.connect();
      try {
        await client.query(sql);
      } finally {
        await client.end();
      }
    },
    close: async () => {
      await pool.end();
      await drop();
    },
  };
}

const keys = {
  ledgers: 'uid',
  accounts: 'uid, found.id',
  entries: 'uid, found.position',
  postings: 'uid, found.position, leg',
  moments: 'uid, found.recorded_at',
  held: 'uid, account, found.position',
  folios: 'uid, account, level, through',
  folio_totals: 'uid, account, level, through, earliest',
  holds: 'uid, found.position',
  words: 'uid, thing, found.key, found.value, found.position',
};

export const emptyBooks = `TRUNCATE accounts.inbox, accounts.feed_tokens, ${liveBooks}`;
