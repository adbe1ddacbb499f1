import { fileURLToPath } from 'node:url';
import { migrateService, openPool, serviceUrl } from '@mizan/database';
import type { EventStore } from '@mizan/event-store';
import { PostgresEventStore, eventStoreMigrations } from '@mizan/event-store-postgres';
import { type Answer, type Command, noTexts } from '@mizan/ledger';
import { StoreFeed } from '@mizan/messaging';
import { PostgresLeases } from '@mizan/streams';
import { testDatabase } from '@mizan/testing';
import { CheckedClock } from '@mizan/writer';
import { type CommandIds, JournalReader, OpenLedgers } from '@mizan/writer/ledger';
import pg, { type Pool } from 'pg';
import { PostgresAssets } from './tables/assets.postgres.js';
import { PostgresCommandIds } from './tables/command-ids.postgres.js';
import { journalLeases, journals } from './tables/journals.js';
import { textsBeside } from './tables/texts.postgres.js';
import { PostgresUnattendedLedgers } from './tables/unattended-ledgers.postgres.js';

const PASSWORD = 'for-this-test-alone';

/** A database of the test's own with the service's tables. */
export async function transfersDatabase(): Promise<{
  url: string;
  adminUrl: string;
  pool: Pool;
  store: PostgresEventStore;
  /** A statement that the service's own role may not run: what a test does to the tables behind its back. */
  administrate(statement: string, values?: readonly unknown[]): Promise<void>;
  drop(): Promise<void>;
}> {
  const { adminUrl, drop } = await testDatabase();
  await migrateService({
    adminUrl,
    service: 'transfers',
    password: PASSWORD,
    schemas: [eventStoreMigrations(journals), { schema: 'transfers', directory: fileURLToPath(new URL('../migrations', import.meta.url)) }],
  });
  const url = serviceUrl(adminUrl, 'transfers', PASSWORD);
  const pool = openPool({ url, name: 'transfers-test', max: 8 });
  const store = await PostgresEventStore.open({ url, schema: journals.schema });
  return {
    url,
    adminUrl,
    pool,
    store,
    administrate: async (statement, values = []) => {
      const admin = new pg.Client({ connectionString: adminUrl });
      await admin.connect();
      await admin.query(statement, [...values]);
      await admin.end();
    },
    drop: async () => {
      await store.close();
      await pool.end();
      await drop();
    },
  };
}

/** Writers as the service wires them, over a store that a test may put something in front of. */
export async function startWriters(
  pool: Pool,
  store: EventStore,
  {
    owner = 'http://127.0.0.1:1',
    clock = new CheckedClock(),
    aheadMs = (): number => 0,
    ids = new PostgresCommandIds(pool) as CommandIds,
    bounds = { maxOpen: 256, idleMs: 600_000 },
  } = {},
): Promise<OpenLedgers> {
  const texts = textsBeside(pool);
  const reader = new JournalReader(store, new StoreFeed(store, (wanted) => texts.find(wanted)));
  const ports = { store, reader, texts, ids, assets: new PostgresAssets(pool), clock, log: () => undefined };
  const open = new OpenLedgers(ports, new PostgresLeases(pool, owner, journalLeases), new PostgresUnattendedLedgers(pool, aheadMs), bounds);
  await open.start();
  return open;
}

export const origin = { actor: 'key:test', correlation: null, causation: null, traceparent: null };

/** Opens a ledger with the accounts `bank:cash` (asset) and `clients:1` .. `clients:<clients>` (liability, no floor). */
export async function openLedgerWithAccounts(open: OpenLedgers, ledger: { uid: string; tenant: string }, clients: number): Promise<void> {
  await open.ask(ledger, [{ kind: 'open-ledger', tenant: ledger.tenant, ledger: ledger.uid, name: ledger.uid }], origin);
  const account = (id: string, type: 'asset' | 'liability'): Command => ({
    op: 'open',
    id,
    type,
    asset: 'CZK',
    minBalance: null,
    maxBalance: null,
    texts: noTexts,
  });
  const commands = [account('bank:cash', 'asset'), ...Array.from({ length: clients }, (_, i) => account(`clients:${i + 1}`, 'liability'))];
  await open.ask(
    ledger,
    commands.map((command) => ({ kind: 'command', command }) as const),
    origin,
  );
}

export const deposit = (id: string, client: number, amount: bigint, reference: string | null = null): Command => ({
  op: 'transfer',
  id,
  debit: 'bank:cash',
  credit: `clients:${client}`,
  amount,
  effectiveAt: null,
  texts: { reference, metadata: {} },
});

export async function carryOut(open: OpenLedgers, ledger: { uid: string; tenant: string }, command: Command): Promise<Answer> {
  const [answer] = await open.ask(ledger, [{ kind: 'command', command }], origin);
  return answer!;
}
