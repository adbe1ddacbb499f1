import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { MizanClient } from '@mizan/client';
import { decodeEnvelope } from '@mizan/contracts';
import { serviceUrl } from '@mizan/database';
import { runPlatform } from '@mizan/testing';
import { processDatabase } from '../postgres/process-database.fixture.js';

/** The tenant of the platform's development key. */
export const TENANT = 'development';
/** The service of whose processes these are, and their kind: its row in the table of services lets it post. */
export const OWNER = 'sweeps';
export const KIND = 'sweep';
const SAMPLES = { SAMPLE_SERVICES: 'on' };

/** The running platform, a client of a tenant, and the key of a service that acts for tenants; all in one database with the service's own tables. */
export async function ledgerPlatform() {
  const database = await processDatabase();
  const platform = await runPlatform({ empty: true, environment: { ...SAMPLES, BUS: 'feed', DATABASE_URL: database.adminUrl } });
  const password = await readFile(join(platform.directory, 'secrets/gateway.password'), 'utf8');
  const command = fileURLToPath(new URL('../../../../apps/gateway/dist/key.command.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [command, 'create', '--tenant', '*', '--name', `service:${OWNER}`], {
    env: { ...SAMPLES, PATH: process.env['PATH'], DATABASE_URL: serviceUrl(database.adminUrl, 'gateway', password) },
  });
  const { apiKey } = JSON.parse(stdout) as { apiKey: string };
  const client = new MizanClient({ url: platform.url, apiKey: platform.apiKey });
  return {
    database,
    platform,
    client,
    serviceKey: apiKey,
    stop: async (): Promise<void> => {
      await client.close();
      await platform.stop();
      await database.drop();
    },
  };
}

/** A ledger with money of a client's in it. @param funds minor units. */
export async function openBooks(client: MizanClient, ledger: string, funds: bigint): Promise<void> {
  await client.putLedger(ledger);
  await client.openAccount(ledger, { id: 'cash', type: 'asset', asset: 'EUR' });
  await client.openAccount(ledger, { id: 'deposits', type: 'liability', asset: 'EUR', minBalance: 0n });
  await client.openAccount(ledger, { id: 'payable', type: 'liability', asset: 'EUR' });
  await client.transfer(ledger, { id: 'funding', debit: 'cash', credit: 'deposits', amount: funds });
}

export interface JournalEvent {
  readonly type: string;
  readonly actor: string;
  readonly correlation: string | null;
  readonly causation: string | null;
  /** The id of the command that it is of. */
  readonly id: string;
}

export async function journalOf(client: MizanClient, ledger: string): Promise<readonly JournalEvent[]> {
  const events: JournalEvent[] = [];
  for await (const { event } of client.journal(ledger)) {
    const { type, actor, correlation, causation, data } = decodeEnvelope(event);
    const { id, command } = data as { readonly id?: string; readonly command?: { readonly id: string } };
    events.push({ type, actor, correlation, causation, id: command?.id ?? id ?? '' });
  }
  return events;
}
