import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's own folder. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Where a start keeps all it knows between runs. */
export interface Home {
  readonly directory: string;
  readonly postgres: string;
  readonly kafka: string;
  readonly logs: string;
  readonly secrets: string;
  /** Addresses and development keys, for the command line and for people. */
  readonly devFile: string;
  /** That the demo ledger is complete, and what it held then. */
  readonly demoFile: string;
}

export async function openHome(directory: string): Promise<Home> {
  const home: Home = {
    directory,
    postgres: join(directory, 'postgres'),
    kafka: join(directory, 'kafka'),
    logs: join(directory, 'logs'),
    secrets: join(directory, 'secrets'),
    devFile: join(directory, 'dev.json'),
    demoFile: join(directory, 'demo.json'),
  };
  await mkdir(home.logs, { recursive: true });
  await putAwayLogs(home.logs);
  await mkdir(home.secrets, { recursive: true, mode: 0o700 });
  return home;
}

/** The logs of the run before stay beside the new ones; older ones go. So they never grow without end, and an error in one is of this run. */
async function putAwayLogs(directory: string): Promise<void> {
  for (const file of await readdir(directory)) if (file.endsWith('.log')) await rename(join(directory, file), join(directory, `${file}.1`));
}

/** As people write it: from where they are. */
export function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') ? path : near;
}

export async function readJson<T>(file: string): Promise<T | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as T);
}

/** Only the owner may read it, and no reader ever sees half of it. */
export async function writePrivate(file: string, content: string): Promise<void> {
  const unfinished = `${file}.new`;
  await writeFile(unfinished, content, { mode: 0o600 });
  await rename(unfinished, file);
}
