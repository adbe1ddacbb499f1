import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MizanClient, MizanProblem } from '@mizan/client';
import { runPlatform } from '@mizan/testing';
import { type LoadFigures, run } from './load.js';
import { startPostingSide } from './posting-side.js';

const CLIENTS = 1_000;
const CONNECTIONS = 64;
const WARM_UP_MS = 3_000;
const MEASURED_MS = 8_000;
const mizan = fileURLToPath(new URL('../../../cli/bin/mizan.mjs', import.meta.url));
let sent = 0;

/** The next transfer between two accounts picked evenly, or always to the first. */
const transfer = (ledger: string, hot: boolean) => () => {
  sent += 1;
  const from = 1 + (sent % CLIENTS);
  const to = hot ? 0 : (from * 7) % CLIENTS;
  const body = JSON.stringify({ id: `t${sent}`, debit: `clients:${from}`, credit: `clients:${to === from ? 0 : to}`, amount: '1' });
  return { path: `/v1/ledgers/${ledger}/transfers`, body };
};

async function openAccounts(url: string, token: string, ledger: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const send = async (method: string, path: string, body: object): Promise<void> => {
    const answer = await fetch(url + path, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  };
  await send('PUT', `/v1/ledgers/${ledger}`, {});
  const operations = Array.from({ length: CLIENTS + 1 }, (_, i) => ({ op: 'open', id: `clients:${i}`, type: 'liability', asset: 'CZK' }));
  await send('POST', `/v1/ledgers/${ledger}/batch`, { operations });
}

function say(what: string, { perSecond, p50Ms, p99Ms, failed }: LoadFigures): void {
  process.stdout.write(
    `${what.padEnd(62)} ${Math.round(perSecond).toLocaleString('en').padStart(7)}/s   p50 ${p50Ms.toFixed(1)} ms   p99 ${p99Ms.toFixed(1)} ms   ${failed} failed\n`,
  );
}

async function load(url: string, token: string, ledger: string, hot: boolean): Promise<LoadFigures> {
  return run({ url, token, connections: CONNECTIONS, warmUpMs: WARM_UP_MS, measuredMs: MEASURED_MS, next: transfer(ledger, hot) });
}

process.stdout.write(
  'Single transfers over HTTP, 64 connections, straight to the transfers port; PostgreSQL with fsync; all on this machine\n',
);
const posting = await startPostingSide();
try {
  await openAccounts(posting.url, posting.token, 'bench');
  say('  1,001 accounts picked evenly', await load(posting.url, posting.token, 'bench', false));
  say('  one hot account', await load(posting.url, posting.token, 'bench', true));
  process.stdout.write(`  transfers resident ${Math.round(await posting.residentMb())} MB\n`);
} finally {
  await posting.stop();
}

process.stdout.write('\nThe whole platform: gateway, transfers, accounts, PostgreSQL, Kafka\n');
const platform = await runPlatform({ empty: true });
try {
  const client = new MizanClient({ url: platform.url, apiKey: platform.apiKey });
  await importBerka(client);
  await openAccounts(platform.url, platform.apiKey, 'bench');
  say('  single transfers through the gateway, 64 connections', await load(platform.url, platform.apiKey, 'bench', false));
  await client.close();
} finally {
  await platform.stop();
}

/** The whole file through the HTTP batch API by the command line, and how long the read models take after it. */
async function importBerka(client: MizanClient): Promise<void> {
  const startedAt = performance.now();
  const env = { ...process.env, MIZAN_URL: platform.url, MIZAN_API_KEY: platform.apiKey };
  await promisify(execFile)(process.execPath, [mizan, 'import', 'berka', '--json'], { env });
  const importedAt = performance.now();
  const { position } = await client.ledger('berka');
  for (;;) {
    const reached = await client.trialBalance('berka', { minPosition: position }).catch((error: unknown) => error);
    if (!(reached instanceof MizanProblem)) break;
    if (reached.code !== 'position_not_reached' && reached.code !== 'ledger_not_found') throw reached;
  }
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  process.stdout.write(
    `  import of 49,102 bank movements ${seconds(importedAt - startedAt)} s; read models caught up ${seconds(performance.now() - importedAt)} s later (position ${position})\n`,
  );
}
