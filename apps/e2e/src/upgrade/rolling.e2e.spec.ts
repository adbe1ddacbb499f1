import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MizanClient } from '@mizan/client';
import { type Release, ownKafka, testBus, unpackRelease } from '@mizan/testing';
import { level, openBooks, query, quiet } from '../faults/books.js';
import { Clients, type Target } from '../faults/clients.js';
import { findings } from '../faults/outside-check.js';
import { LEDGERS } from '../faults/wishes.js';
import { mizan } from '../mizan.js';
import { Fleet, type Side, built } from './fleet.js';
import { Readers } from './readers.js';
import { Steps, table } from './steps.js';

// The last release and this one side by side on the same database, broker and keys, up and back again, while clients post and read.

import.meta.jest.setTimeout(240_000);

const bus = testBus();
let old: Release;
let directory: string;
let fleet: Fleet;
let target: Target;
let clients: Clients;
let readers: Readers;
let steps: Steps;

beforeAll(async () => {
  old = await unpackRelease();
  directory = await mkdtemp(join(tmpdir(), 'mizan-rolling-'));
  fleet = await Fleet.open({ old: old.directory, new: built }, bus === 'kafka' ? await ownKafka() : null);
  await Promise.all((['transfers', 'gateway', 'accounts'] as const).map((service) => fleet.start('old', service)));
  target = { url: fleet.url, credential: fleet.apiKey };
  await openBooks(target);
  clients = new Clients(target, join(directory, 'told.ndjson'), 1);
  readers = new Readers(target, clients);
  steps = new Steps(clients, readers);
  clients.start();
  readers.start();
}, 180_000);
afterAll(async () => {
  await Promise.allSettled([readers?.pause(), clients?.close()]);
  await fleet?.close();
  await old?.remove();
  await rm(directory, { recursive: true, force: true });
  if (steps) process.stdout.write(`\n${old.name} and what is built, ${bus}\n${table(steps.taken)}\n`);
}, 60_000);

/** The instance that is not the writer is asked, and answers: it has sent it on. */
async function sendsOn(from: Side, to: Side): Promise<void> {
  const client = new MizanClient({ url: fleet.url, apiKey: fleet.apiKey });
  const { access_token: token } = await client.token();
  await client.close();
  const owners = await query<{ owner: string }>(
    fleet.adminUrl,
    'SELECT DISTINCT owner FROM transfers.leases WHERE until > clock_timestamp()',
  );
  expect(owners).toEqual([{ owner: fleet.urlOf(to, 'transfers') }]);
  for (const ledger of LEDGERS) {
    const id = `${from}-to-${to}`;
    const body = { id, debit: 'bank:cash', credit: 'clients:1', amount: '1' };
    const request = { ledger, path: 'transfers', body, command: { op: 'transfer', ...body } };
    const said = await clients.settle(request, { url: fleet.urlOf(from, 'transfers'), credential: token });
    expect(said.outcome).toBe('applied');
  }
}

/** Where nobody posts any more: what was acknowledged and is not there once, and where the books are not what the journal makes of them. */
async function whatIsWrong(): Promise<readonly unknown[]> {
  await clients.pause();
  await readers.pause();
  await quiet(fleet.adminUrl);
  const replays = LEDGERS.map((ledger) => mizan({ url: fleet.url, apiKey: fleet.apiKey }, 'replay', '--ledger', ledger));
  const differences = (await Promise.all(replays)).filter(({ code }) => code !== 0);
  return [...(await findings(fleet.adminUrl, target, clients)), ...readers.surprises, ...differences];
}

it('old and new post and read together while the new release comes in', async () => {
  await steps.take('old alone', () => level(fleet.adminUrl));
  await steps.take('migrations of the new', () => fleet.migrate());
  await steps.take('new accounts beside', () => fleet.start('new', 'accounts'));
  await steps.take('old accounts ends', () => fleet.end('old', 'accounts'));
  await steps.take('new transfers beside', () => fleet.start('new', 'transfers'));
  await sendsOn('new', 'old');
  await steps.take('old transfers ends', () => fleet.end('old', 'transfers'));
  await steps.take('new gateway beside', () => fleet.start('new', 'gateway'));
  await steps.take('old gateway ends', () => fleet.end('old', 'gateway'));
  expect(await whatIsWrong()).toEqual([]);
});

it('and go back to the old release, on the tables of the new one', async () => {
  clients.start();
  readers.start();
  await steps.take('old gateway beside', () => fleet.start('old', 'gateway'));
  await steps.take('new gateway ends', () => fleet.end('new', 'gateway'));
  await steps.take('old transfers beside', () => fleet.start('old', 'transfers'));
  await sendsOn('old', 'new');
  await steps.take('new transfers ends', () => fleet.end('new', 'transfers'));
  await steps.take('old accounts beside', () => fleet.start('old', 'accounts'));
  await steps.take('new accounts ends', () => fleet.end('new', 'accounts'));
  expect(await whatIsWrong()).toEqual([]);
});
