import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Clients, Target } from './clients.js';
import { LEDGERS } from './wishes.js';

export interface Finding {
  readonly finding: string;
  readonly what: string;
}

const beside = (file: string): string => fileURLToPath(new URL(`../../src/faults/${file}`, import.meta.url));

/**
 * Whether what clients were told is what the books say. Nobody may be posting. Asked in plain SQL, and once more by a small program
 * that reads the journal over HTTP; neither shares code with the services.
 * @param adminUrl of the database itself, with nothing in between.
 */
export async function findings(adminUrl: string, target: Target, clients: Clients): Promise<readonly Finding[]> {
  const [bySql, recomputed] = await Promise.all([inSql(adminUrl, clients), byRecomputing(target, clients.file)]);
  const contradictions = clients.contradictions.map((what) => ({ finding: 'contradiction', what }));
  const surprises = [...clients.surprises].map(([what, count]) => ({ finding: 'unexpected answer', what: `${what}, ${count} times` }));
  return [...bySql, ...recomputed, ...contradictions, ...surprises];
}

/** @param plant SQL that spoils the books for this check alone: it is rolled back. */
export async function inSql(adminUrl: string, clients: Pick<Clients, 'acknowledged'>, plant = ''): Promise<Finding[]> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query(plant);
    await client.query(`CREATE TEMP TABLE acknowledged
      (ledger text, id text, outcome text, code text, position bigint, command jsonb) ON COMMIT DROP`);
    await client.query('INSERT INTO acknowledged SELECT * FROM jsonb_populate_recordset(null::acknowledged, $1)', [
      JSON.stringify(clients.acknowledged),
    ]);
    await client.query('CREATE INDEX ON acknowledged (ledger, id)');
    await client.query('ANALYZE acknowledged');
    // Several statements: the last one's rows are the findings.
    const results = (await client.query(await readFile(beside('outside.sql'), 'utf8'))) as unknown as pg.QueryResult<Finding>[];
    return results.at(-1)!.rows;
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
    await client.end();
  }
}

/** @param acknowledged the file of the clients. */
export async function byRecomputing(target: Target, acknowledged: string): Promise<Finding[]> {
  const folder = await mkdtemp(join(tmpdir(), 'mizan-recompute-'));
  try {
    const found: Finding[] = [];
    for (const ledger of LEDGERS) {
      const [journal, accounts] = [join(folder, 'journal.ndjson'), join(folder, 'accounts.ndjson')];
      await writeFile(journal, await read(target, `${ledger}/journal`, 'application/x-ndjson'));
      const { items } = JSON.parse(await read(target, `${ledger}/accounts?limit=1000`, 'application/json')) as { items: unknown[] };
      await writeFile(accounts, items.map((item) => `${JSON.stringify(item)}\n`).join(''));
      const args = [beside('recompute.py'), ledger, journal, acknowledged, accounts];
      const { stdout } = await promisify(execFile)('python3', args, { maxBuffer: 64 * 1024 * 1024 });
      const said = JSON.parse(stdout) as { events: number; findings: [string, string][] };
      found.push(...said.findings.map(([finding, what]) => ({ finding, what: `${ledger}: ${what} (recomputed)` })));
    }
    return found;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function read({ url, credential }: Target, path: string, accept: string): Promise<string> {
  const response = await fetch(`${url}/v1/ledgers/${path}`, { headers: { authorization: `Bearer ${credential}`, accept } });
  if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${await response.text()}`);
  return response.text();
}
