import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { journalStream } from '@mizan/contracts';
import { type Platform, type TestDatabase, runPlatform, testDatabase } from '@mizan/testing';
import { level, openBooks, query } from '../faults/books.js';
import type { Target } from '../faults/clients.js';
import { send } from '../faults/request.js';
import { mizan } from '../mizan.js';

// What was written by a program of tomorrow, met by this one: whoever reads it stops and says why, and nobody reads something else in it.

import.meta.jest.setTimeout(120_000);

const [NEWER, BESIDE] = ['faults', 'faults-beside'];

describe('an event of a schema version that is not known yet', () => {
  let directory: string;
  let database: TestDatabase;
  let platform: Platform;
  let target: Target;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mizan-newer-'));
    database = await testDatabase();
    platform = await runPlatform({ directory, empty: true, environment: { DATABASE_URL: database.adminUrl, BUS: 'feed' } });
    target = { url: platform.url, credential: platform.apiKey };
    await openBooks(target);
    expect(await post(NEWER, 'before', 10)).toMatchObject({ outcome: 'applied' });
    await level(database.adminUrl);
    await appendNewer(NEWER);
  }, 120_000);
  afterAll(async () => {
    await platform?.stop();
    await database?.drop();
    await rm(directory, { recursive: true, force: true });
  }, 60_000);

  const post = (ledger: string, id: string, amount: number): ReturnType<typeof send> => {
    const body = { id, debit: 'bank:cash', credit: 'clients:1', amount: String(amount) };
    return send(target, { ledger, path: 'transfers', body, command: { op: 'transfer', ...body } });
  };

  /** The last entry of a ledger once more, as the next release might say it. */
  async function appendNewer(ledger: string): Promise<void> {
    const last = await query<{ stream: string; version: string; event: string }>(
      database.adminUrl,
      `SELECT stream, version, event FROM journal.events WHERE stream = (SELECT '${journalStream('')}' || uid FROM accounts.ledgers WHERE id = $1)
       ORDER BY version DESC LIMIT 1`,
      [ledger],
    );
    const { stream, version, event } = last[0]!;
    const newer = event.replace('"schemaVersion":1', '"schemaVersion":2').replace(/"version":\d+}$/, `"version":${Number(version) + 1}}`);
    await query(database.adminUrl, 'SELECT * FROM journal.append(ARRAY[$1], ARRAY[$2::bigint], ARRAY[1], ARRAY[$3])', [
      stream,
      version,
      newer,
    ]);
  }

  it('halts the read models at once, which name the event', async () => {
    let ready: { readonly status: number; readonly body: string };
    do {
      await sleep(50);
      const answer = await fetch(`${platform.services.accounts}/health/ready`);
      ready = { status: answer.status, body: await answer.text() };
    } while (ready.status === 200);
    expect(ready).toEqual({
      status: 503,
      body: expect.stringMatching(/Schema version 2 is unknown here .1 is the newest.*Run a newer program/),
    });
    // What was true before is still answered.
    const balance = await fetch(`${target.url}/v1/ledgers/${NEWER}/accounts/clients:1/balance`, {
      headers: { authorization: `Bearer ${target.credential}` },
    });
    expect(await balance.json()).toMatchObject({ balances: { posted: '10' } });
  });

  it('is not written over, and says so in the log; other ledgers go on', async () => {
    expect(await post(NEWER, 'after', 1)).toMatchObject({ certain: false, maybeDone: false, surprise: null });
    expect(await post(BESIDE, 'after', 1)).toMatchObject({ outcome: 'applied' });
    const log = await readFile(join(directory, 'logs', 'transfers.log'), 'utf8');
    expect(log).toMatch(/has schema version 2; this program knows 1. Run a newer one/);
  });

  it.each(['replay', 'export jsonl', 'export hledger'])('stops mizan %s, which says what to do', async (command) => {
    const { code, out, err } = await mizan(platform, ...command.split(' '), '--ledger', NEWER);
    expect({ failed: code !== 0, said: out + err }).toEqual({
      failed: true,
      said: expect.stringMatching(/schema version 2.*Run a newer one/s),
    });
  });
});
