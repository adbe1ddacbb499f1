import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startPostgres } from '@mizan/embedded';
import pg from 'pg';
import { DATABASE } from '../backing-servers.js';
import { type Home, shown } from '../home.js';
import { type Occupancy, occupant, occupy } from '../occupancy.js';
import { password } from '../secrets.js';
import { OUTSIDE } from './command.js';
import { BackupProblem } from './problem.js';

export const dataOf = ({ postgres }: Home): string => join(postgres, 'data');

/** Works with the home's PostgreSQL: the one that runs, or one that is started for this alone. */
export async function withCluster<T>(home: Home, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const running = occupant(home.directory);
  if (running) {
    if (running.processes['restore']) throw new BackupProblem(`A restore is going on here (pid ${running.pid})`);
    if (!running.processes['PostgreSQL']) throw new BackupProblem(OUTSIDE);
    return connected(await runningUrl(home), work);
  }
  if (!existsSync(join(dataOf(home), 'PG_VERSION')))
    throw new BackupProblem(`There is no PostgreSQL data in ${shown(home.directory)}. Is it another home? MIZAN_HOME=<folder>`);
  const occupancy = occupy(home.directory);
  try {
    return await started(home, occupancy, work);
  } finally {
    occupancy.leave();
  }
}

async function started<T>(home: Home, occupancy: Occupancy, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const server = await startPostgres({
    dataDirectory: home.postgres,
    logFile: join(home.logs, 'postgres.log'),
    password: await password(home, 'postgres'),
    onSpawn: ({ pid }) => occupancy.update({ processes: { PostgreSQL: pid } }),
  });
  try {
    return await connected(server.url, work);
  } finally {
    await server.stop();
  }
}

/** The administrator's address. The server itself says in its data directory which port it listens on. */
export async function runningUrl(home: Home): Promise<string> {
  const file = join(dataOf(home), 'postmaster.pid');
  const port = (await readFile(file, 'utf8').catch(() => '')).split('\n')[3]?.trim();
  if (!port) throw new BackupProblem(`PostgreSQL is not ready: ${shown(file)} does not say its port. Wait until the start is ready`);
  return `postgres://mizan:${encodeURIComponent(await password(home, 'postgres'))}@127.0.0.1:${port}/${DATABASE}`;
}

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const to = new URL(url);
  to.pathname = `/${DATABASE}`;
  const client = new pg.Client({ connectionString: to.href, connectionTimeoutMillis: 10_000, application_name: 'mizan_backup' });
  client.on('error', () => {}); // The statement that runs fails with it.
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
