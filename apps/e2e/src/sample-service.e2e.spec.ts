import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { MizanClient } from '@mizan/client';
import { type HeadsBody, decodeEnvelope, decodeEvent } from '@mizan/contracts';
import { type OwnEventStoreDb, type Platform, ownEventStoreDb, runPlatform } from '@mizan/testing';
import { mizan } from './mizan.js';

// A service beside the others, by its row alone: it hears the journal, acts for the tenant, runs processes and says what they did; and is killed
// under load, together with what it asks.

import.meta.jest.setTimeout(300_000);

/** At least so many, and more for as long as something is killed. */
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
  let deposits = 0;

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
    let killing = true;
    const kills = (async () => {
      for (const service of ['sweeps', 'transfers', 'sweeps', 'gateway']) {
        await pause(400);
        await platform.kill(service);
        await platform.ready(service);
      }
      killing = false;
    })();
    for (; killing || deposits < DEPOSITS; deposits += 1) {
      await deposit(deposits);
      await pause(20);
    }
    await kills;
    for (const until = Date.now() + 90_000; Date.now() < until; await pause(200))
      if ((await balanceOf('sweep:savings')) === 0n && (await balanceOf('sweep:tips')) === 0n) break;

    const sum = (parity: number): bigint =>
      Array.from({ length: deposits }, (_, n) => BigInt(n + 1)).reduce(
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
    expect(entries.length).toBe(deposits);
    expect(new Set(entries.map((id) => id.split(':')[0])).size).toBe(deposits);
    const { code, out } = await mizan(platform, 'trace', entries[0]!, '--ledger', 'main', '--json');
    expect(code).toBe(0);
    expect(out).toMatch(/key:/);
  });

  it('says each sweep on its topic and in its feed', async () => {
    const { accounts } = JSON.parse(await readFile(join(platform.directory, 'secrets', 'api-keys.json'), 'utf8')) as Record<
      string,
      { apiKey: string }
    >;
    const ask = async (url: string, credential: string, method = 'GET') =>
      (await fetch(url, { method, headers: { authorization: `Bearer ${credential}` } })).text();
    const { access_token: token } = JSON.parse(await ask(`${platform.url}/v1/token`, accounts!.apiKey, 'POST')) as { access_token: string };
    const sweeps = platform.services['sweeps']!;
    const streams = new Set<string>();
    for (let after: string | null = null; ;) {
      const page = JSON.parse(
        await ask(`${sweeps}/v1/feed/heads?limit=1000${after === null ? '' : `&after=${after}`}`, token),
      ) as HeadsBody;
      for (const { stream } of page.heads) streams.add(stream);
      if (!page.full) break;
      after = page.next;
    }
    expect(streams.size).toBe(deposits);
    if (bus === 'feed') return;
    const published = /^mizan_relay_lag_seconds\{.*\} 0$/m;
    for (const until = Date.now() + 30_000; Date.now() < until && !published.test(await ask(`${sweeps}/metrics`, token));) await pause(200);
    expect(await ask(`${sweeps}/metrics`, token)).toMatch(published);
    const { checks } = JSON.parse(await ask(`${sweeps}/health/ready`, token)) as { checks: Record<string, object> };
    expect(checks['relay']).toMatchObject({ ready: true, state: 'relaying', connected: true });
  });

  it('alone may spend the ids of its processes', async () => {
    await expect(client.transfer('main', { id: 'sweep-mine', debit: 'bank', credit: 'savings', amount: 1n })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});
