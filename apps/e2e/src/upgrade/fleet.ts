import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type ServiceName, serviceNamed, serviceNames, services, urlVariable } from '@mizan/contracts';
import { serviceUrl } from '@mizan/database';
import { type ServerProcess, dieWithParent, freePort, startServerProcess, waitUntilReady } from '@mizan/embedded';
import { type OwnKafka, type TestDatabase, testDatabase } from '@mizan/testing';
import { Front } from './front.js';

/** The folder of what `tsc -b` has built; a release unpacks to one like it. */
export const built = fileURLToPath(new URL('../../../..', import.meta.url));

/** Which of the two releases that share everything. */
export type Side = 'old' | 'new';

const PASSWORD = 'for-this-run-alone';
const START_TIMEOUT_MS = 60_000;
const urlOf = (port: number): string => `http://127.0.0.1:${port}`;

interface Issued {
  readonly keyId: string;
  readonly apiKey: string;
}

/** One process of each service of two releases, on the same database, broker and keys; each is started and ended by itself. */
export class Fleet {
  /** Of the client that posts and reads. */
  apiKey = '';
  readonly #running = new Map<string, ServerProcess>();

  private constructor(
    private readonly directories: Readonly<Record<Side, string>>,
    private readonly directory: string,
    private readonly database: TestDatabase,
    private readonly kafka: OwnKafka | null,
    private readonly ports: Readonly<Record<Side, Readonly<Record<ServiceName, number>>>>,
    /** Where callers and services find a gateway, whichever runs. */
    private readonly front: Front,
  ) {}

  /** A database with the tables of the old release; none of its services yet. @param kafka the broker, which ends with the fleet; null: BUS=feed. */
  static async open(directories: Readonly<Record<Side, string>>, kafka: OwnKafka | null): Promise<Fleet> {
    const directory = await mkdtemp(join(tmpdir(), 'mizan-fleet-'));
    const database = await testDatabase();
    const ports = { old: await portsOfEach(), new: await portsOfEach() };
    const front = await Front.open([ports.old.gateway, ports.new.gateway]);
    const fleet = new Fleet(directories, directory, database, kafka, ports, front);
    try {
      await writeSigningKeys(directory);
      await migrate(directories.old, database.adminUrl);
      fleet.apiKey = (await issue(directories.old, database.adminUrl, 'development', 'development', 'ledger')).apiKey;
      for (const { name, scopes } of services) {
        if (scopes.length === 0 || !isPartOf(directories.old, name)) continue;
        const { apiKey } = await issue(directories.old, database.adminUrl, '*', `service:${name}`, scopes.join());
        await writeFile(fleet.#keyFile(name), apiKey, { mode: 0o600 });
      }
      return fleet;
    } catch (error) {
      await fleet.close();
      throw error;
    }
  }

  get url(): string {
    return urlOf(this.front.port);
  }
  get adminUrl(): string {
    return this.database.adminUrl;
  }
  urlOf(side: Side, service: ServiceName): string {
    return urlOf(this.ports[side][service]);
  }

  /** @returns how many migrations of the new release were not there yet. */
  migrate(): Promise<number> {
    return migrate(this.directories.new, this.database.adminUrl);
  }

  /** Resolves when it is ready. */
  async start(side: Side, service: ServiceName): Promise<void> {
    const script = join(this.directories[side], 'apps', service, 'dist', 'main.js');
    const command = {
      name: `${side} ${service}`,
      command: [...(await dieWithParent('TERM')), process.execPath, '--disable-warning=TimeoutNegativeWarning', script],
      environment: this.#environment(side, service),
      logFile: this.logFile(side, service),
      stopSignal: 'SIGTERM' as const,
      ipc: true,
    };
    const running = startServerProcess(command);
    this.#running.set(command.name, running);
    await waitUntilReady(command, running, START_TIMEOUT_MS, () => ready(this.urlOf(side, service)));
  }

  /** SIGTERM. @throws where it does not end cleanly by itself. */
  async end(side: Side, service: ServiceName): Promise<void> {
    const name = `${side} ${service}`;
    const running = this.#running.get(name)!;
    this.#running.delete(name);
    await running.stop();
    const { code, signal } = await running.exited;
    if (code !== 0) throw new Error(`The ${name} ended with ${signal ?? code}: see ${await this.logOf(side, service)}`);
  }

  logFile(side: Side, service: ServiceName): string {
    return join(this.directory, `${side}-${service}.log`);
  }
  logOf(side: Side, service: ServiceName): Promise<string> {
    return readFile(this.logFile(side, service), 'utf8');
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.values()].map((running) => running.stop()));
    this.front.close();
    await Promise.all([this.database.drop(), this.kafka?.stop(), rm(this.directory, { recursive: true, force: true })]);
  }

  #keyFile(service: ServiceName): string {
    return join(this.directory, `${service}.key`);
  }

  /** Each knows the addresses of both releases, and whichever does not answer is passed over. */
  #environment(side: Side, service: ServiceName): NodeJS.ProcessEnv {
    const { NODE_ENV: _1, NODE_OPTIONS: _2, EVENT_STORE: _3, ...inherited } = process.env;
    const both = serviceNames.map((of) => [urlVariable(of), `${this.urlOf('old', of)},${this.urlOf('new', of)}`] as const);
    return {
      ...inherited,
      HOST: '127.0.0.1',
      PORT: String(this.ports[side][service]),
      DATABASE_URL: serviceUrl(this.database.adminUrl, service, PASSWORD),
      BUS: this.kafka ? 'kafka' : 'feed',
      ...(this.kafka ? { KAFKA_BROKERS: this.kafka.brokers.join(',') } : {}),
      TOKEN_KEYS_FILE: join(this.directory, 'token-keys.json'),
      ...Object.fromEntries(both),
      // An instance is told its own address alone: it is known by it among the others.
      [urlVariable(service)]: this.urlOf(side, service),
      GATEWAY_URL: this.url,
      ...(service === 'gateway' ? { SIGNING_KEY_FILE: join(this.directory, 'signing-key.json') } : {}),
      ...(serviceNamed(service).scopes.length > 0 ? { SERVICE_KEY_FILE: this.#keyFile(service) } : {}),
    };
  }
}

async function portsOfEach(): Promise<Record<ServiceName, number>> {
  const ports = serviceNames.map(async (service) => [service, await freePort()] as const);
  return Object.fromEntries(await Promise.all(ports)) as Record<ServiceName, number>;
}

async function writeSigningKeys(directory: string): Promise<void> {
  const { d, ...key } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const named = { ...key, kid: 'of-this-run', alg: 'EdDSA', use: 'sig' };
  await writeFile(join(directory, 'signing-key.json'), JSON.stringify({ ...named, d }), { mode: 0o600 });
  await writeFile(join(directory, 'token-keys.json'), JSON.stringify({ keys: [named] }));
}

/** Whether a release has the service: an older one may not. */
const isPartOf = (program: string, service: ServiceName): boolean => existsSync(join(program, 'apps', service, 'dist', 'main.js'));

async function migrate(program: string, adminUrl: string): Promise<number> {
  const applied = serviceNames
    .filter((service) => isPartOf(program, service))
    .map(async (service) => {
      const environment = { ADMIN_DATABASE_URL: adminUrl, SERVICE_PASSWORD: PASSWORD };
      return (await run<{ applied: number }>(join(program, 'apps', service, 'dist', 'migrate.js'), [], environment)).applied;
    });
  return (await Promise.all(applied)).reduce((sum, each) => sum + each, 0);
}

function issue(program: string, adminUrl: string, tenant: string, name: string, scope: string): Promise<Issued> {
  const args = ['create', '--tenant', tenant, '--name', name, '--scopes', scope];
  return run(join(program, 'apps/gateway/dist/key.command.js'), args, { DATABASE_URL: serviceUrl(adminUrl, 'gateway', PASSWORD) });
}

/** @returns the one line of JSON that it prints. */
async function run<T>(script: string, args: readonly string[], environment: Readonly<Record<string, string>>): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...args], { env: { ...process.env, ...environment } });
  return JSON.parse(stdout) as T;
}

async function ready(url: string): Promise<true | string> {
  try {
    const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(5_000) });
    const body = await answer.text();
    return answer.ok ? true : body;
  } catch (error) {
    return String((error as Error).cause ?? error);
  }
}
