import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../../..', import.meta.url));
const READY_TIMEOUT_MS = 60_000;

export interface PlatformOptions {
  /** The home (MIZAN_HOME) to start in; it stays when the platform stops. Without one: a temporary folder that goes with it. */
  readonly directory?: string;
  /** The folder of a release (`unpackRelease`) that is started instead of what `tsc -b` has built. */
  readonly release?: string;
  /** Loads no demo ledger. */
  readonly empty?: boolean;
  /** A service that is killed is started again; otherwise its end is the end of everything. */
  readonly restart?: boolean;
  /** Further variables, such as BUS (kafka). */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The whole platform, started by the code behind `npm start`, on free ports. */
export interface Platform {
  readonly url: string;
  readonly apiKey: string;
  readonly secondTenantApiKey: string;
  /** Each service's own address. */
  readonly services: Readonly<Record<string, string>>;
  readonly directory: string;
  /** The process of a service, of `PostgreSQL` or of `Kafka`, as of now: a restart changes it. */
  pidOf(name: string): Promise<number>;
  /** Kills a service as a crash would. With `restart`, it comes back: see `ready`. */
  kill(service: string): Promise<void>;
  /** Resolves when the service answers that it is ready. */
  ready(service: string): Promise<void>;
  stop(): Promise<void>;
}

/** Runs what `tsc -b` has built. @throws with what the start said, where it fails. */
export async function runPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const main = join(options.release ?? built, 'apps/start/dist/main.js');
  if (!existsSync(main)) throw new Error('The platform is not built: run npx tsc -b first.');
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'mizan-platform-')));
  const child = spawn(
    process.execPath,
    ['--disable-warning=TimeoutNegativeWarning', main, '--json', ...(options.empty ? ['--empty'] : [])],
    {
      env: environment(directory, options),
      // The channel's end tells the start that this process is gone.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
    if (!options.directory) await rm(directory, { recursive: true, force: true });
  };
  try {
    await firstLine(child);
    const read = async <T>(file: string): Promise<T> => JSON.parse(await readFile(join(directory, file), 'utf8')) as T;
    const development = await read<Pick<Platform, 'url' | 'apiKey' | 'secondTenantApiKey' | 'services'>>('dev.json');
    const pidOf = async (name: string): Promise<number> => {
      const { processes } = await read<{ processes: Record<string, number> }>('run.json');
      const pid = processes[name];
      if (pid === undefined) throw new Error(`There is no ${name} in this platform, only ${Object.keys(processes).join(', ')}.`);
      return pid;
    };
    return {
      ...development,
      directory,
      pidOf,
      kill: async (service) => {
        const pid = await pidOf(service);
        process.kill(pid, 'SIGKILL');
        while (await answers(`${development.services[service]}/health/live`)) await sleep(10);
      },
      ready: (service) => ready(`${development.services[service]}/health/ready`),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function environment(directory: string, options: PlatformOptions): NodeJS.ProcessEnv {
  // The tests' own surroundings, and a developer's, are not the platform's.
  const {
    NODE_ENV: _1,
    NODE_OPTIONS: _2,
    DATABASE_URL: _3,
    KAFKA_BROKERS: _4,
    EVENT_STORE: _5,
    EVENTSTORE_URL: _6,
    ...inherited
  } = process.env;
  const ours = { MIZAN_HOME: directory, MIZAN_PORT: '0', MIZAN_RESTART: options.restart ? '1' : '', BUS: 'kafka' };
  return { ...inherited, ...ours, ...options.environment };
}

/** The start prints one line, once everything is ready. */
function firstLine(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout?.on('data', (text: Buffer) => text.includes('\n') && resolve());
    child.stderr?.on('data', (text: Buffer) => (said += text.toString()));
    child.once('close', (code) => reject(new Error(`The platform did not start (exit code ${code}): ${said.trim()}`)));
  });
}

async function ready(url: string): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (!(await answers(url))) {
    if (performance.now() > deadline) throw new Error(`${url} was not ready within ${READY_TIMEOUT_MS / 1000} s.`);
    await sleep(50);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
