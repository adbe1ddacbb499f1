import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MizanClient } from '@mizan/client';
import { type Platform, type Release, runPlatform, unpackRelease } from '@mizan/testing';
import { openBooks } from '../faults/books.js';
import { Clients } from '../faults/clients.js';
import { byRecomputing } from '../faults/outside-check.js';
import { LEDGERS } from '../faults/wishes.js';
import { mizan } from '../mizan.js';

// `npm start` of this release on the folder in which the last one kept its books, and of the last one after it.

import.meta.jest.setTimeout(240_000);

let old: Release;
let directory: string;
/** The platform that runs now. */
const target = { url: '', credential: '' };
let clients: Clients;
beforeAll(async () => {
  old = await unpackRelease();
  directory = await mkdtemp(join(tmpdir(), 'mizan-same-home-'));
  clients = new Clients(target, join(directory, 'told.ndjson'), 1);
}, 60_000);
afterAll(async () => {
  await clients?.close();
  await old?.remove();
  await rm(directory, { recursive: true, force: true });
});

/** Starts on the home, posts, and stops. @returns what is wrong with whatever was ever acknowledged there. */
async function live(release: string | null): Promise<readonly unknown[]> {
  const options = {
    directory: join(directory, 'home'),
    empty: true,
    environment: { BUS: 'feed' },
    ...(release === null ? {} : { release }),
  };
  const platform = await runPlatform(options);
  try {
    Object.assign(target, { url: platform.url, credential: platform.apiKey });
    if (clients.acknowledged.length === 0) await openBooks(target);
    const found = await whatIsWrong(platform);
    clients.start();
    await clients.acknowledge(150);
    await clients.pause();
    return [...found, ...(await whatIsWrong(platform)), ...clients.contradictions, ...clients.surprises];
  } finally {
    await clients.pause();
    await platform.stop();
  }
}

async function whatIsWrong(platform: Platform): Promise<readonly unknown[]> {
  await Promise.all(LEDGERS.map(nothingFallsDue));
  const replays = await Promise.all(LEDGERS.map((ledger) => mizan(platform, 'replay', '--ledger', ledger)));
  return [...replays.filter(({ code }) => code !== 0), ...(await byRecomputing(target, clients.file))];
}

async function nothingFallsDue(ledger: string): Promise<void> {
  const client = new MizanClient({ url: target.url, apiKey: target.credential });
  // A ledger that was only just opened may not be known to the read models yet: with a position they are waited for.
  const { position: minPosition } = await client.ledger(ledger);
  for (let due = true; due;) {
    due = false;
    for await (const { expiresAt } of client.holds(ledger, { status: 'placed', minPosition })) due ||= expiresAt !== null;
    if (due) await sleep(50);
  }
  await client.close();
}

it('a new release starts on an old home, reads all of its books and writes on; the old one after it does the same', async () => {
  for (const release of [old.directory, null, old.directory]) expect(await live(release)).toEqual([]);
});
