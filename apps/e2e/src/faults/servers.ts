import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Kafka, type Postgres, freePort, kafkaJars, startKafka, startPostgres } from '@mizan/embedded';

/** PostgreSQL of the faults' own: what is killed starts again at the same address, with the same data. */
export class BreakablePostgres {
  #server!: Postgres;

  constructor(readonly directory: string) {}

  async start(): Promise<void> {
    const port = (this.#server as Postgres | undefined)?.port ?? (await freePort());
    this.#server = await startPostgres({ dataDirectory: this.directory, logFile: this.logFile, password: 'faults', port });
  }

  get logFile(): string {
    return `${this.directory}.log`;
  }
  get data(): string {
    return join(this.directory, 'data');
  }
  get port(): number {
    return this.#server.port;
  }
  /** The administrator's. @param port where not its own. */
  url(port = this.port): string {
    const url = new URL(this.#server.url);
    url.port = String(port);
    url.pathname = '/mizan';
    return url.href;
  }
  get maintenanceUrl(): string {
    return this.#server.url;
  }

  get runs(): boolean {
    return existsSync(`/proc/${this.#server.pid}`);
  }
  stop(): Promise<void> {
    return this.#server.stop();
  }

  /** SIGKILL to every process of the server, and to none of them a word before. */
  async killWhole(): Promise<void> {
    const all = [this.#server.pid, ...childrenOf(this.#server.pid)];
    for (const pid of all) kill(pid);
    await this.#server.exited;
    while (all.some((pid) => runs(pid))) await sleep(10);
  }
}

/** Kafka of the faults' own, likewise. */
export class BreakableKafka {
  #server!: Kafka;

  constructor(readonly directory: string) {}

  async start(): Promise<void> {
    const port = (this.#server as Kafka | undefined)?.port ?? (await freePort());
    const jarsDirectory = await kafkaJars();
    this.#server = await startKafka({ directory: this.directory, logFile: `${this.directory}.log`, jarsDirectory, port });
  }

  get brokers(): readonly string[] {
    return this.#server.brokers;
  }
  stop(): Promise<void> {
    return this.#server.stop();
  }
  kill(): Promise<void> {
    return this.#server.kill();
  }
  /** Only while it does not run. */
  async wipe(): Promise<void> {
    await rm(join(this.directory, 'data'), { recursive: true });
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It may have ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** State and parent of a process; null where there is none. The name before them may hold spaces. */
function statusOf(pid: number): { readonly state: string; readonly parent: number } | null {
  try {
    const [state = '', parent] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return null;
  }
}

/** A zombie has ended; only its parent has not asked for it yet. */
const runs = (pid: number): boolean => !['Z', undefined].includes(statusOf(pid)?.state);

function childrenOf(parent: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => statusOf(pid)?.parent === parent);
}
