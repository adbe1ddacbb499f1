import { setTimeout as pause } from 'node:timers/promises';
import { MizanClient } from '@mizan/client';
import { decodeEvent } from '@mizan/contracts';
import { type Platform, runPlatform, testBus } from '@mizan/testing';

// The whole platform with two processes of transfers, asked through the gateway while they die and stand still.

import.meta.jest.setTimeout(180_000);

const LEDGER = 'shared';
const CALLERS = 8;
/** Longer than a lease. */
const STANDSTILL_MS = 6_000;

let platform: Platform;
let client: MizanClient;
const acknowledged = new Map<string, number>();
const contradictions: string[] = [];
let waitsForNext: { readonly since: number; readonly resolve: (ms: number) => void } | null = null;
let over = false;

beforeAll(async () => {
  platform = await runPlatform({ empty: true, restart: true, environment: { BUS: testBus(), TRANSFERS_INSTANCES: '2' } });
  client = new MizanClient({ url: platform.url, apiKey: platform.apiKey });
}, 180_000);
afterAll(async () => {
  await client?.close();
  await platform?.stop();
}, 60_000);

/** Posts one transfer after the other; what stays uncertain is sent again until it is not. */
async function call(caller: number): Promise<void> {
  for (let count = 0; !over; count += 1) {
    const id = `${caller}:${count}`;
    for (let known = false; !known;) {
      const sentAt = performance.now();
      const transfer = { id, debit: 'bank:cash', credit: 'clients:1', amount: '1' };
      known = await client.transfer(LEDGER, transfer).then(
        ({ body }) => {
          const before = acknowledged.get(id) ?? body.position;
          if (before !== body.position) contradictions.push(id);
          acknowledged.set(id, before);
          if (waitsForNext && sentAt >= waitsForNext.since) {
            waitsForNext.resolve(performance.now() - waitsForNext.since);
            waitsForNext = null;
          }
          return true;
        },
        () => false,
      );
    }
  }
}

const nextAcknowledged = (): Promise<number> => new Promise((resolve) => (waitsForNext = { since: performance.now(), resolve }));

async function enough(count: number): Promise<void> {
  const goal = acknowledged.size + count;
  while (acknowledged.size < goal) await pause(20);
}

/** The process that has the ledger open; it may have to be asked again while one of them starts. */
async function writer(): Promise<string> {
  for (;;) {
    for (const name of ['transfers', 'transfers-2']) {
      const answer = await fetch(`${platform.services[name]}/health/ready`, { signal: AbortSignal.timeout(1_000) }).catch(() => null);
      const body = (await answer?.json()) as { checks: { writer: { openLedgers?: number } } } | undefined;
      if (body?.checks.writer.openLedgers === 1) return name;
    }
    await pause(50);
  }
}

it('keeps every acknowledged transfer once while a writer stands still and another is killed', async () => {
  await client.putLedger(LEDGER);
  await client.openAccount(LEDGER, { id: 'bank:cash', type: 'asset', asset: 'CZK' });
  await client.openAccount(LEDGER, { id: 'clients:1', type: 'liability', asset: 'CZK' });
  const callers = Array.from({ length: CALLERS }, (_, caller) => call(caller));
  const took: string[] = [];

  await enough(300);
  const still = await writer();
  const pid = await platform.pidOf(still);
  const afterStandstill = nextAcknowledged();
  process.kill(pid, 'SIGSTOP');
  await pause(STANDSTILL_MS);
  took.push(`standing still: taken over after ${Math.round(await afterStandstill)} ms`);
  await enough(300);
  process.kill(pid, 'SIGCONT');
  await enough(300);

  const killed = await writer();
  const afterKill = nextAcknowledged();
  await platform.kill(killed);
  took.push(`killed: posting again after ${Math.round(await afterKill)} ms`);
  await platform.ready(killed);
  await enough(300);
  over = true;
  await Promise.all(callers);

  const positions = new Map<string, number[]>();
  let last = 0;
  for await (const { position, event } of client.journal(LEDGER)) {
    last = position;
    const decoded = decodeEvent(event);
    if (decoded.type === 'EntryPosted') positions.set(decoded.command.id, [...(positions.get(decoded.command.id) ?? []), position]);
  }
  const lost = [...acknowledged].filter(([id, position]) => !positions.get(id)?.includes(position));
  const doubled = [...positions].filter(([, places]) => places.length > 1);
  expect({ lost, doubled, contradictions }).toEqual({ lost: [], doubled: [], contradictions: [] });
  expect(positions.size).toBe(acknowledged.size);
  // The read model heard of all of it, whoever relayed it.
  expect(await client.balance(LEDGER, 'clients:1', { minPosition: last })).toMatchObject({ balances: { posted: String(positions.size) } });
  process.stdout.write(`two instances behind the gateway: acknowledged ${acknowledged.size}, lost 0, doubled 0; ${took.join('; ')}\n`);
});
