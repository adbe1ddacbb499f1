import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ownEventStoreDb, runPlatform } from '@mizan/testing';
import { describeImportUnderKills } from './import-under-kills.js';
import { mizan } from './mizan.js';

/** Longer than a short break of a connection. */
const AWAY_MS = 1_500;

// The store is a server of our own that speaks EventStoreDB's protocol: this proves what we make of its client, not what the real server does.

describeImportUnderKills('the writer, then EventStoreDB that keeps its journals, then both', async () => {
  const store = await ownEventStoreDb();
  const environment = { EVENT_STORE: 'eventstoredb', EVENTSTORE_URL: store.url };
  const platform = await runPlatform({ empty: true, restart: true, environment });
  const killStore = async (): Promise<void> => {
    await store.kill();
    await pause(AWAY_MS);
    await store.restart();
  };
  const killWriter = async (): Promise<void> => {
    await platform.kill('transfers');
    await platform.ready('transfers');
  };
  return {
    platform,
    kills: [
      { at: 8_000, kill: killWriter },
      { at: 20_000, kill: killStore },
      { at: 32_000, kill: () => Promise.all([killWriter(), killStore()]) },
    ],
    stop: async () => {
      await platform.stop();
      await store.stop();
    },
  };
});

it('a home whose journals began in PostgreSQL does not start beside another store, and is as it was', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'mizan-two-stores-'));
  const store = await ownEventStoreDb();
  const start = (environment: Record<string, string>) =>
    runPlatform({ directory, empty: true, environment: { BUS: 'feed', ...environment } });
  try {
    let platform = await start({});
    const transfer = ['transfer', 'create', '--debit', 'bank:cash', '--credit', 'clients:1', '--amount', '1.00', '--ledger', 'main'];
    for (const args of [
      ['ledger', 'create', 'main'],
      ['account', 'open', 'bank:cash', '--type', 'asset', '--asset', 'CZK', '--ledger', 'main'],
      ['account', 'open', 'clients:1', '--type', 'liability', '--asset', 'CZK', '--ledger', 'main'],
      transfer,
    ])
      expect(await mizan(platform, ...args)).toMatchObject({ code: 0 });
    await platform.stop();

    await expect(start({ EVENT_STORE: 'eventstoredb', EVENTSTORE_URL: store.url })).rejects.toThrow(/transfers/);
    const log = readFileSync(join(directory, 'logs', 'transfers.log'), 'utf8');
    expect(log).toContain(
      'The journals of this database are kept in postgres, and EVENT_STORE says eventstoredb. Set EVENT_STORE=postgres',
    );

    platform = await start({});
    expect(await mizan(platform, ...transfer)).toMatchObject({ code: 0 });
    await platform.stop();
  } finally {
    await store.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}, 180_000);

it('a home is refused beside a store that has another’s journals, and beside one that lacks its own', async () => {
  const homes = ['one', 'two'].map((name) => mkdtempSync(join(tmpdir(), `mizan-home-${name}-`)));
  const [store, another] = [await ownEventStoreDb(), await ownEventStoreDb()];
  const start = (directory: string, EVENTSTORE_URL: string) =>
    runPlatform({ directory, empty: true, environment: { BUS: 'feed', EVENT_STORE: 'eventstoredb', EVENTSTORE_URL } });
  const refusal = async (home: string, url: string): Promise<string> => {
    await expect(start(home, url)).rejects.toThrow(/transfers/);
    return readFileSync(join(home, 'logs', 'transfers.log'), 'utf8');
  };
  const [one = '', two = ''] = homes;
  try {
    await (await start(one, store.url)).stop();
    expect(await refusal(one, another.url)).toContain('does not have the journals of this database');
    expect(await refusal(two, store.url)).toContain('belong to another database');
    await (await start(one, store.url)).stop();
    await (await start(two, another.url)).stop();
  } finally {
    await Promise.all([store.stop(), another.stop()]);
    for (const home of homes) rmSync(home, { recursive: true, force: true });
  }
}, 180_000);
