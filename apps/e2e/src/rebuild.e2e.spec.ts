import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { MizanClient } from '@mizan/client';
import { type Platform, runPlatform, testBus } from '@mizan/testing';
import pg from 'pg';
import { type Said, mizan } from './mizan.js';

const LEDGER = 'berka';
const ROWS = 3_000;
const CLIENTS_AT_ONCE = 6;
const ACCOUNTS = { debit: 'bank:cash', credit: 'clients:2378' };

let platform: Platform;
let client: MizanClient;
afterEach(async () => {
  await client?.close();
  await platform?.stop();
}, 60_000);

async function start(): Promise<void> {
  platform = await runPlatform({ empty: true, environment: { BUS: testBus() } });
  client = new MizanClient({ url: platform.url, apiKey: platform.apiKey });
  const bank = gunzipSync(await readFile(new URL('../../../data/berka/transactions.csv.gz', import.meta.url))).toString('utf8');
  const file = join(platform.directory, 'first-rows.csv');
  await writeFile(file, `${bank.split('\n', ROWS + 1).join('\n')}\n`);
  expect(await mizan(platform, 'import', 'berka', file)).toMatchObject({ code: 0 });
}

let posted = 0;
/** Clients post and read what they have posted, until the work is done. @returns how often that was so. */
async function underLoad(work: () => Promise<Said>): Promise<Said & { readonly reads: number }> {
  let over = false;
  let reads = 0;
  const clients = Array.from({ length: CLIENTS_AT_ONCE }, async () => {
    for (let before = 0; !over; reads++) {
      const { position } = (await client.transfer(LEDGER, { id: `load:${(posted += 1)}`, ...ACCOUNTS, amount: '100' })).body;
      const balance = await client.balance(LEDGER, ACCOUNTS.credit, { minPosition: position });
      if (balance.position < Math.max(position, before)) throw new Error(`${balance.position} was read after ${position} and ${before}.`);
      before = balance.position;
    }
  });
  try {
    return { ...(await work()), reads };
  } finally {
    over = true;
    await Promise.all(clients);
  }
}

/** As somebody at the database would. */
async function administer(sql: string): Promise<void> {
  const port = (await readFile(join(platform.directory, 'postgres', 'data', 'postmaster.pid'), 'utf8')).split('\n')[3];
  const password = await readFile(join(platform.directory, 'secrets', 'postgres.password'), 'utf8');
  const admin = new pg.Client({ connectionString: `postgres://mizan:${encodeURIComponent(password)}@127.0.0.1:${port}/mizan` });
  await admin.connect();
  try {
    await admin.query(sql);
  } finally {
    await admin.end();
  }
}

it('read models are made again, compared and mended while clients post and read', async () => {
  await start();
  const equal = await underLoad(() => mizan(platform, 'rebuild', '--json'));
  expect([equal.code, JSON.parse(equal.out)]).toEqual([0, { events: expect.any(Number), behind: 0, differences: [], switched: true }]);
  expect(equal.err).toContain('switching');
  expect(equal.reads).toBeGreaterThan(10);

  await administer(`UPDATE accounts.accounts SET debits_posted = debits_posted + 7 WHERE id = 'clients:576'`);
  expect((await mizan(platform, 'replay')).code).toBe(7);
  const found = await underLoad(() => mizan(platform, 'rebuild'));
  expect(found.out).toMatch(/^accounts\t1\tdevelopment\/berka\tclients:576\t\tdebits_posted\t\d+\t\d+$/m);
  expect(found.err).toContain('mizan rebuild --although-different');
  expect(found.code).toBe(7);
  expect((await underLoad(() => mizan(platform, 'rebuild', '--although-different'))).code).toBe(0);
  expect((await mizan(platform, 'replay')).code).toBe(0);
}, 240_000);
