import { setTimeout as pause } from 'node:timers/promises';
import { MizanClient } from '@mizan/client';
import { decodeEnvelope, decodeEvent } from '@mizan/contracts';
import { type OwnEventStoreDb, type Platform, ownEventStoreDb, runPlatform } from '@mizan/testing';
import { mizan } from './mizan.js';

// A service beside the others, by its row alone: it hears the journal, acts for the tenant, runs processes and says what they did; and is killed
// under load, together with what it asks.

import.meta.jest.setTimeout(300_000);

const DEPOSITS = 50;
const ACCOUNTS = ['sweep:savings', 'sweep:tips'] as const;

describe.each([
  ['kafka', 'postgres'],
  ['feed', 'postgres'],
  ['kafka', 'eventstoredb'],
  ['feed', 'eventstoredb'],
] as const)('the sample service, over %s, with %s', (bus, kind) => {
  let store: OwnEventStoreDb | null = null;
  let platform: Platform;
  let client: MizanClient;

  beforeAll(async () => {
    store = kind === 'eventstoredb' ? await ownEventStoreDb() : null;
    const environment = { SAMPLE_SERVICES: 'on', BUS: bus, ...(store ? { EVENT_STORE: kind, EVENTSTORE_URL: store.url } : {}) };
    platform = await runPlatform({ empty: true, restart: true, environment });
    client = new MizanClient({ url: platform.url, apiKey: platform.apiKey });
    await client.putLedger('main');
    for (const id of ['bank', 'savings', 'tips', ...ACCOUNTS])
      await client.openAccount('main', {
        id,
        type: id === 'bank' ? 'asset' : 'liability',
        asset: 'CZK',
        ...(id === 'bank' ? {} : { minBalance: 0n }),
      });
  }, 180_000);
  afterAll(async () => {
    await client?.close();
    await platform?.stop();
    await store?.stop();
  }, 60_000);

  const balanceOf = async (account: string): Promise<bigint> => BigInt((await client.account('main', account)).balances.posted);
  const deposit = async (n: number): Promise<void> => {
    const transfer = { id: `deposit-${n}`, debit: 'bank', credit: ACCOUNTS[n % 2]!, amount: BigInt(n + 1) };
    while (
      !(await client.transfer('main', transfer).then(
        () => true,
        () => false,
      ))
    )
      await pause(50);
  };

  it('moves on every amount once, though it and those that it asks are killed under load', async () => {
    const kills = (async () => {
      for (const service of ['sweeps', 'transfers', 'sweeps']) {
        await pause(400);
        await platform.kill(service);
        await platform.ready(service);
      }
    })();
    for (let n = 0; n < DEPOSITS; n += 1) {
      await deposit(n);
      if (n % 10 === 9) await pause(200);
    }
    await kills;
    for (const until = Date.now() + 90_000; Date.now() < until; await pause(200))
      if ((await balanceOf('sweep:savings')) === 0n && (await balanceOf('sweep:tips')) === 0n) break;

    const sum = (parity: number): bigint =>
      Array.from({ length: DEPOSITS }, (_, n) => BigInt(n + 1)).reduce(
        (total, amount, n) => (n % 2 === parity ? total + amount : total),
        0n,
      );
    const balances = await Promise.all([...ACCOUNTS, 'savings', 'tips'].map(balanceOf));
    expect(balances).toEqual([0n, 0n, sum(0), sum(1)]);
  });

  it('says in the journal who moved it and because of what, and leads back to whoever asked', async () => {
    const entries: string[] = [];
    for await (const { event, texts } of client.journal('main')) {
      const known = decodeEvent(event, texts);
      if (known.type !== 'EntryPosted' || !known.command.id.startsWith('sweep-')) continue;
      const { actor, correlation, causation, stream } = decodeEnvelope(event);
      const [process, step, attempt] = known.command.id.split(':');
      expect([actor, correlation, step]).toEqual(['service:sweeps', process, 'move']);
      expect(Number(attempt)).toBeGreaterThan(0);
      expect(causation).toMatch(new RegExp(`^${process}@\\d+$`));
      expect(process).toContain(stream.slice('journal-'.length));
      entries.push(known.command.id);
    }
    expect(entries.length).toBe(DEPOSITS);
    expect(new Set(entries.map((id) => id.split(':')[0])).size).toBe(DEPOSITS);
    const { code, out } = await mizan(platform, 'trace', entries[0]!, '--ledger', 'main', '--json');
    expect(code).toBe(0);
    expect(out).toMatch(/key:/);
  });

  it('alone may spend the ids of its processes', async () => {
    await expect(client.transfer('main', { id: 'sweep-mine', debit: 'bank', credit: 'savings', amount: 1n })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});
