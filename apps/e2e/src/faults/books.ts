import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Target } from './clients.js';
import { LEDGERS, accounts } from './wishes.js';

const LEVEL_TIMEOUT_MS = 120_000;

/** The ledgers and accounts that clients post to. */
export async function openBooks({ url, credential }: Target): Promise<void> {
  const headers = { authorization: `Bearer ${credential}`, 'content-type': 'application/json' };
  const write = async (method: string, path: string, body: object): Promise<void> => {
    const response = await fetch(`${url}/v1/ledgers/${path}`, { method, headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${await response.text()}`);
  };
  for (const ledger of LEDGERS) {
    await write('PUT', ledger, {});
    for (const account of accounts) await write('POST', `${ledger}/accounts`, account);
  }
}

/** Resolves when every ledger's read model has come to where its journal is now. */
export async function level(adminUrl: string): Promise<void> {
  const last = await query<{ stream: string; position: string }>(
    adminUrl,
    'SELECT stream, max(version) AS position FROM journal.events GROUP BY stream',
  );
  const deadline = performance.now() + LEVEL_TIMEOUT_MS;
  for (;;) {
    const shown = await query<{ stream: string; position: string }>(
      adminUrl,
      `SELECT 'journal-' || uid AS stream, position FROM accounts.ledgers`,
    );
    const at = new Map(shown.map(({ stream, position }) => [stream, BigInt(position)]));
    if (last.every(({ stream, position }) => (at.get(stream) ?? 0n) >= BigInt(position))) return;
    if (performance.now() > deadline)
      throw new Error(`The read models are at ${JSON.stringify(shown)}, the journal at ${JSON.stringify(last)}.`);
    await sleep(20);
  }
}

/** Where nobody posts: resolves when holds that fall due have expired, and the read models show it. */
export async function quiet(adminUrl: string): Promise<void> {
  const deadline = performance.now() + LEVEL_TIMEOUT_MS;
  for (;;) {
    await level(adminUrl);
    const due = await query<{ id: string }>(
      adminUrl,
      `SELECT id FROM accounts.holds WHERE status = 'placed' AND expires_at IS NOT NULL LIMIT 5`,
    );
    if (due.length === 0) return;
    if (performance.now() > deadline) throw new Error(`Holds that are due do not expire: ${due.map(({ id }) => id).join(', ')}`);
    await sleep(50);
  }
}

export async function query<T>(connectionString: string, text: string, values: readonly unknown[] = []): Promise<T[]> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text, [...values])).rows as T[];
  } finally {
    await client.end();
  }
}
