import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MizanClient } from '@mizan/client';
import type { HoldBody } from '@mizan/contracts';
import { type Platform, runPlatform } from '@mizan/testing';
import { mizan } from './mizan.js';

const DAY_MS = 86_400_000;
const LEDGERS = ['one', 'other'];

let platform: Platform;
let client: MizanClient;
/** Each instance of transfers by itself. */
let instances: readonly MizanClient[];

beforeAll(async () => {
  platform = await runPlatform({ empty: true, restart: true, environment: { BUS: 'feed', TRANSFERS_INSTANCES: '2' } });
  client = new MizanClient({ url: platform.url, apiKey: platform.apiKey });
  const token = async (): Promise<string> => (await client.token()).access_token;
  instances = ['transfers', 'transfers-2'].map((name) => new MizanClient({ url: platform.services[name]!, token }));
}, 120_000);
afterAll(async () => {
  await Promise.all([client, ...(instances ?? [])].map((one) => one?.close()));
  await platform?.stop();
}, 60_000);

async function heldFor(ledger: string, ms: number, id: string): Promise<HoldBody> {
  const expiresAt = new Date(Date.now() + ms).toISOString();
  return (await client.placeHold(ledger, { id, debit: 'clients', credit: 'cash', amount: '5', expiresAt })).body;
}
const statuses = (ledger: string, id: string): Promise<string[]> =>
  Promise.all(instances.map(async (instance) => (await instance.hold(ledger, id)).status));
/** How far ahead of the real time something is that was recorded just now, in whole days. */
const daysAhead = (recordedAt: string): number => Math.round((Date.parse(recordedAt) - Date.now()) / DAY_MS);

it('lets a hold of three days expire at once, in every instance and in the read models', async () => {
  for (const [place, ledger] of LEDGERS.entries()) {
    // Each ledger is written by an instance of its own.
    const writer = instances[place]!;
    await writer.putLedger(ledger);
    await writer.openAccount(ledger, { id: 'cash', type: 'asset', asset: 'EUR' });
    await writer.openAccount(ledger, { id: 'clients', type: 'liability', asset: 'EUR' });
    await writer.transfer(ledger, { id: 'd', debit: 'cash', credit: 'clients', amount: '100' });
    await heldFor(ledger, 3 * DAY_MS, 'three-days');
    await heldFor(ledger, 3 * DAY_MS + 3_600_000, 'longer');
  }
  expect((await mizan(platform, 'clock', 'advance', '2d')).code).toBe(0);
  for (const ledger of LEDGERS) expect(await statuses(ledger, 'three-days')).toEqual(['placed', 'placed']);
  const { out, code } = await mizan(platform, 'clock', 'advance', '1d');
  expect([code, out]).toEqual([0, expect.stringMatching(/\t3d\t/)]);
  for (const ledger of LEDGERS) {
    while ((await statuses(ledger, 'three-days')).includes('placed')) await sleep(50);
    expect(await statuses(ledger, 'three-days')).toEqual(['expired', 'expired']);
    expect(await statuses(ledger, 'longer')).toEqual(['placed', 'placed']);
    const { position } = await client.hold(ledger, 'three-days');
    expect((await client.balance(ledger, 'clients', { minPosition: position })).balances).toMatchObject({ posted: '100', held: '5' });
  }
}, 120_000);

it('is the same for what is posted through any instance, and after a restart of one', async () => {
  const post = async (instance: MizanClient, id: string): Promise<number> => {
    const { body } = await instance.transfer('one', { id, debit: 'cash', credit: 'clients', amount: '1' });
    return daysAhead(body.recordedAt);
  };
  for (const [place, instance] of instances.entries()) expect(await post(instance, `before-${place}`)).toBe(3);
  for (const name of ['transfers', 'transfers-2']) {
    await platform.kill(name);
    await platform.ready(name);
  }
  for (const [place, instance] of instances.entries()) expect(await post(instance, `after-${place}`)).toBe(3);
}, 120_000);

it('lets no token expire, and leaves real time where it is', async () => {
  const { access_token: token } = await client.token();
  expect((await mizan(platform, 'clock', 'advance', '1d')).code).toBe(0);
  const response = await fetch(`${platform.url}/v1/ledgers`, { headers: { authorization: `Bearer ${token}` } });
  expect(response.status).toBe(200);
  const said = JSON.parse((await mizan(platform, 'clock', '--json')).out) as { aheadMs: number; realTime: string };
  expect(said.aheadMs).toBe(4 * DAY_MS);
  expect(Math.abs(daysAhead(said.realTime))).toBe(0);
});

it('is refused by a service in production, in one line', () => {
  const service = fileURLToPath(new URL('../../transfers/dist/main.js', import.meta.url));
  const env = { PATH: process.env.PATH, NODE_ENV: 'production', MOVABLE_CLOCK_FILE: join(platform.directory, 'clock') };
  const { status, stderr } = spawnSync(process.execPath, [service], { env, encoding: 'utf8' });
  const refusal = 'MOVABLE_CLOCK_FILE is set, and NODE_ENV is production, where no clock is moved: unset MOVABLE_CLOCK_FILE.';
  expect([status, stderr.split('\n').filter((line) => line.includes('CLOCK'))]).toEqual([2, [`  ${refusal}`]]);
});
