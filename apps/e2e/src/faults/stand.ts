import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Platform, runPlatform } from '@mizan/testing';
import pg from 'pg';
import { Clients, type Target } from './clients.js';
import { Line } from './line.js';
import { BreakableKafka, BreakablePostgres } from './servers.js';
import { LEDGERS, accounts } from './wishes.js';

const clock = fileURLToPath(new URL('../../src/faults/jumping-clock.mjs', import.meta.url));
const LEVEL_TIMEOUT_MS = 120_000;

/** The whole platform on servers that are there to be broken, with a line to the database that can be disturbed, and clients who post. */
export class Stand {
  private constructor(
    readonly directory: string,
    readonly postgres: BreakablePostgres,
    readonly kafka: BreakableKafka,
    readonly line: Line,
    readonly platform: Platform,
    readonly target: Target,
    readonly clients: Clients,
  ) {}

  static async start(seed: number): Promise<Stand> {
    const directory = await mkdtemp(join(tmpdir(), 'mizan-faults-'));
    const postgres = new BreakablePostgres(join(directory, 'postgres'));
    const kafka = new BreakableKafka(join(directory, 'kafka'));
    await Promise.all([postgres.start(), kafka.start()]);
    await query(postgres.maintenanceUrl, 'CREATE DATABASE mizan');
    const line = new Line(postgres.port);
    const environment = {
      DATABASE_URL: postgres.url(await line.open()),
      KAFKA_BROKERS: kafka.brokers.join(','),
      NODE_OPTIONS: `--import=${clock}`,
      TRANSFERS_INSTANCES: '2',
      JUMPING_CLOCK_FILE: join(directory, 'clock'),
    };
    const platform = await runPlatform({ directory: join(directory, 'home'), empty: true, restart: true, environment });
    const target = { url: platform.url, credential: platform.apiKey };
    const stand = new Stand(directory, postgres, kafka, line, platform, target, new Clients(target, join(directory, 'told.ndjson'), seed));
    await stand.#openBooks();
    return stand;
  }

  async stop(): Promise<void> {
    await this.clients.close();
    await this.platform.stop();
    this.line.close();
    await Promise.all([this.kafka.stop(), this.postgres.stop()]);
    await rm(this.directory, { recursive: true, force: true });
  }

  /** The database itself, not over the line. */
  get adminUrl(): string {
    return this.postgres.url();
  }
  ask<T>(text: string, values: readonly unknown[] = []): Promise<T[]> {
    return query<T>(this.adminUrl, text, values);
  }

  /** The process of transfers that writes a ledger: its name, its address, and the lease's number. */
  async writerOf(ledger: string): Promise<{ readonly name: string; readonly url: string; readonly epoch: number }> {
    const [lease] = await this.ask<{ url: string; epoch: string }>(
      `SELECT l.owner AS url, l.epoch FROM transfers.leases l JOIN accounts.ledgers b ON b.uid = l.ledger WHERE b.id = $1`,
      [ledger],
    );
    if (!lease) throw new Error(`Nobody writes ${ledger}.`);
    const [name] = Object.entries(this.platform.services).find(([, url]) => url === lease.url) ?? [];
    if (name === undefined) throw new Error(`${lease.url} writes ${ledger}, and is none of ${JSON.stringify(this.platform.services)}.`);
    return { name, url: lease.url, epoch: Number(lease.epoch) };
  }

  /** What the services take for the time, ms off. */
  async setClock(offMs: number): Promise<void> {
    await writeFile(join(this.directory, 'clock'), String(offMs));
  }

  async logOf(service: string): Promise<string> {
    return readFile(join(this.platform.directory, 'logs', `${service}.log`), 'utf8');
  }

  /** Resolves when every ledger's read model has come to where its journal is now. */
  async level(): Promise<void> {
    const last = await this.ask<{ stream: string; position: string }>(
      'SELECT stream, max(version) AS position FROM journal.events GROUP BY stream',
    );
    const deadline = performance.now() + LEVEL_TIMEOUT_MS;
    for (;;) {
      const shown = await this.ask<{ stream: string; position: string }>(
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
  async quiet(): Promise<void> {
    const deadline = performance.now() + LEVEL_TIMEOUT_MS;
    for (;;) {
      await this.level();
      const due = await this.ask<{ id: string }>(
        `SELECT id FROM accounts.holds WHERE status = 'placed' AND expires_at IS NOT NULL LIMIT 5`,
      );
      if (due.length === 0) return;
      if (performance.now() > deadline) throw new Error(`Holds that are due do not expire: ${due.map(({ id }) => id).join(', ')}`);
      await sleep(50);
    }
  }

  async #openBooks(): Promise<void> {
    const headers = { authorization: `Bearer ${this.target.credential}`, 'content-type': 'application/json' };
    const write = async (method: string, path: string, body: object): Promise<void> => {
      const response = await fetch(`${this.target.url}/v1/ledgers/${path}`, { method, headers, body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${await response.text()}`);
    };
    for (const ledger of LEDGERS) {
      await write('PUT', ledger, {});
      for (const account of accounts) await write('POST', `${ledger}/accounts`, account);
    }
  }
}

async function query<T>(connectionString: string, text: string, values: readonly unknown[] = []): Promise<T[]> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text, [...values])).rows as T[];
  } finally {
    await client.end();
  }
}
