import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { serviceUrl } from '@mizan/database';
import { freePort } from '@mizan/embedded';
import { testDatabase, testTokens } from '@mizan/testing';

const transfers = fileURLToPath(new URL('../../../transfers/dist/', import.meta.url));
/** The bound under which `npm start` runs the service, MB. */
const OLD_SPACE_MB = 128;
const PASSWORD = 'for-this-run-alone';

/** The transfers service on its own port with PostgreSQL alone: no gateway, no broker, no readers. */
export interface PostingSide {
  readonly url: string;
  readonly token: string;
  /** Tokens live for minutes; a long run needs new ones. */
  freshToken(): Promise<string>;
  /** Resident memory of the service, MB. */
  residentMb(): Promise<number>;
  /** Kills it as a crash would, and starts it again on the same journals. */
  restart(): Promise<void>;
  /** Tells it to end, as an operator would. @returns its exit code. */
  terminate(): Promise<number | null>;
  /** Starts it again after its end. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startPostingSide({ oldSpaceMb = OLD_SPACE_MB } = {}): Promise<PostingSide> {
  const directory = await mkdtemp(join(tmpdir(), 'mizan-bench-'));
  const database = await testDatabase();
  const tokens = await testTokens();
  const keys = join(directory, 'token-keys.json');
  await writeFile(keys, JSON.stringify(tokens.publicKeys));
  await promisify(execFile)(process.execPath, [join(transfers, 'migrate.js')], {
    env: { ...process.env, ADMIN_DATABASE_URL: database.adminUrl, SERVICE_PASSWORD: PASSWORD },
  });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const start = async (): Promise<ChildProcess> => {
    const memory = [`--max-old-space-size=${oldSpaceMb}`, '--max-semi-space-size=8'];
    const child = spawn(process.execPath, [...memory, join(transfers, 'main.js')], {
      env: {
        ...process.env,
        PORT: String(port),
        HOST: '127.0.0.1',
        BUS: 'feed',
        TRANSFERS_URL: url,
        TOKEN_KEYS_FILE: keys,
        DATABASE_URL: serviceUrl(database.adminUrl, 'transfers', PASSWORD),
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await ready(url, child);
    return child;
  };
  const freshToken = (): Promise<string> => tokens.sign({ tenant: 'bench', actor: 'key:bench', scopes: ['ledger'] });
  let service = await start();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    service.kill(signal);
    if (service.exitCode === null) await once(service, 'exit');
  };
  return {
    url,
    token: await freshToken(),
    freshToken,
    residentMb: async () => Number((await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(service.pid)])).stdout) / 1024,
    terminate: async () => {
      await end('SIGTERM');
      return service.exitCode;
    },
    start: async () => {
      service = await start();
    },
    restart: async () => {
      await end('SIGKILL');
      service = await start();
    },
    stop: async () => {
      await end('SIGTERM');
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function ready(url: string, service: ChildProcess): Promise<void> {
  const until = Date.now() + 30_000;
  while (Date.now() < until && service.exitCode === null) {
    const answer = await fetch(`${url}/health/ready`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`The transfers service at ${url} did not become ready within 30 s.`);
}
