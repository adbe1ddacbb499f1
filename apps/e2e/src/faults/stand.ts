import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Platform, runPlatform } from '@mizan/testing';
import { level, openBooks, query, quiet } from './books.js';
import { Clients, type Target } from './clients.js';
import type { Bus } from './fault.js';
import { Line } from './line.js';
import { BreakableKafka, BreakablePostgres } from './servers.js';

const clock = fileURLToPath(new URL('../../src/faults/jumping-clock.mjs', import.meta.url));

/** The whole platform on servers that are there to be broken, with a line to the database that can be disturbed, and clients who post. */
export class Stand {
  private constructor(
    readonly directory: string,
    readonly postgres: BreakablePostgres,
    private readonly broker: BreakableKafka | null,
    readonly line: Line,
    readonly platform: Platform,
    readonly target: Target,
    readonly clients: Clients,
  ) {}

  static async start(seed: number, bus: Bus): Promise<Stand> {
    const directory = await mkdtemp(join(tmpdir(), 'mizan-faults-'));
    const postgres = new BreakablePostgres(join(directory, 'postgres'));
    const broker = bus === 'kafka' ? new BreakableKafka(join(directory, 'kafka')) : null;
    await Promise.all([postgres.start(), broker?.start()]);
    await query(postgres.maintenanceUrl, 'CREATE DATABASE mizan');
    const line = new Line(postgres.port);
    const environment = {
      DATABASE_URL: postgres.url(await line.open()),
      BUS: bus,
      KAFKA_BROKERS: broker?.brokers.join(',') ?? '',
      NODE_OPTIONS: `--import=${clock}`,
      TRANSFERS_INSTANCES: '2',
      JUMPING_CLOCK_FILE: join(directory, 'clock'),
    };
    const platform = await runPlatform({ directory: join(directory, 'home'), empty: true, restart: true, environment });
    const target = { url: platform.url, credential: platform.apiKey };
    const stand = new Stand(directory, postgres, broker, line, platform, target, new Clients(target, join(directory, 'told.ndjson'), seed));
    await openBooks(target);
    return stand;
  }

  async stop(): Promise<void> {
    await this.clients.close();
    await this.platform.stop();
    this.line.close();
    await Promise.all([this.broker?.stop(), this.postgres.stop()]);
    await rm(this.directory, { recursive: true, force: true });
  }

  get kafka(): BreakableKafka {
    if (!this.broker) throw new Error('There is no Kafka on this stand.');
    return this.broker;
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

  level(): Promise<void> {
    return level(this.adminUrl);
  }
  quiet(): Promise<void> {
    return quiet(this.adminUrl);
  }
}
