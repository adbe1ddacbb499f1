// Makes the read models of the platform that runs in this home again from the journal: node rebuild.command.js [--although-different]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dieWithParent } from '@mizan/embedded';
import { serviceUrl } from '@mizan/database';
import { runningUrl } from './backup/cluster.js';
import type { Development } from './bring-up.js';
import { homeAt, readJson, shown } from './home.js';
import { occupant } from './occupancy.js';
import { password, serviceKeyFile } from './secrets.js';
import { entryPoint } from './services.js';
import { readSettings } from './settings.js';

/** What the program of `accounts` is told: the addresses of the platform that runs here, and both roles. */
async function surroundings(): Promise<Readonly<Record<string, string>>> {
  const settings = readSettings([], process.env);
  const home = homeAt(settings.directory);
  const running = occupant(home.directory);
  const development = running && (await readJson<Development>(home.devFile));
  if (!development)
    throw new Error(
      `Mizan does not run in ${shown(home.directory)}, and the journal is read from it: npm start. Another home? MIZAN_HOME=<folder>`,
    );
  const isOwn = running.processes['PostgreSQL'] !== undefined;
  if (!isOwn && !settings.databaseUrl)
    throw new Error('Mizan runs here on a PostgreSQL server of yours. Say which, as to npm start: DATABASE_URL=<address>');
  const adminUrl = isOwn ? await runningUrl(home) : settings.databaseUrl!;
  const transfers = Object.entries(development.services).filter(([name]) => name.startsWith('transfers'));
  return {
    ADMIN_DATABASE_URL: adminUrl,
    DATABASE_URL: serviceUrl(adminUrl, 'accounts', await password(home, 'accounts')),
    GATEWAY_URL: development.url,
    TRANSFERS_URL: transfers.map(([, url]) => url).join(','),
    SERVICE_KEY_FILE: serviceKeyFile(home, 'accounts'),
  };
}

try {
  const env = { ...process.env, ...(await surroundings()) };
  const script = [process.execPath, entryPoint('accounts', 'rebuild.command.js'), ...process.argv.slice(2)];
  const [file = '', ...args] = [...(await dieWithParent('TERM')), ...script];
  // It speaks for itself, in lines as those of all programs here. Interrupted, it tidies up first.
  const child = spawn(file, args, { env, stdio: ['ignore', 'inherit', 'inherit'], detached: true });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill('SIGTERM'));
  const [code] = (await once(child, 'close')) as [number | null];
  process.exitCode = code ?? 1;
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: (error as Error).message })}\n`);
  process.exitCode = 1;
}
