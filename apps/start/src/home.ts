import { mkdirSync } from 'node:fs';
import { chmod, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartProblem, exitCodes } from './start-problem.js';

/** The project's own folder. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Where a start keeps all it knows between runs. */
export interface Home {
  readonly directory: string;
  readonly postgres: string;
  readonly kafka: string;
  /** Of PostgreSQL, unless another folder was named. */
  readonly backups: string;
  readonly logs: string;
  readonly secrets: string;
  /** Addresses and development keys, for the command line and for people. */
  readonly devFile: string;
  /** That the demo ledger is complete, and what it held then. */
  readonly demoFile: string;
  /** The moves of the clock that every service reads, in development. */
  readonly clockFile: string;
}

export function homeAt(directory: string): Home {
  return {
    directory,
    postgres: join(directory, 'postgres'),
    kafka: join(directory, 'kafka'),
    backups: join(directory, 'backup'),
    logs: join(directory, 'logs'),
    secrets: join(directory, 'secrets'),
    devFile: join(directory, 'dev.json'),
    demoFile: join(directory, 'demo.json'),
    clockFile: join(directory, 'clock'),
  };
}

export async function openHome(directory: string): Promise<Home> {
  const home = homeAt(directory);
  makeFolder(directory);
  if (!(await holdsOtherThings(directory))) await chmod(directory, 0o700);
  for (const folder of [home.logs, home.secrets]) {
    makeFolder(folder);
    await chmod(folder, 0o700);
  }
  await putAwayLogs(home.logs);
  return home;
}

/** For its owner alone, where it is not there yet. @throws StartProblem where there can be no such folder. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'EEXIST' || code === 'ENOTDIR' ? 'it is a file, or lies in one' : message;
    throw new StartProblem(
      `${shown(path)} cannot be used as a folder: ${why}. Choose another: MIZAN_HOME=<folder> npm start`,
      exitCodes.usage,
      { cause: error },
    );
  }
}

/** A folder that others use too (MIZAN_HOME=/tmp) is not closed to them; what is kept in it is. */
async function holdsOtherThings(directory: string): Promise<boolean> {
  const own = /^(postgres|kafka|backup|clock|logs|secrets|kafka-jars|m2|(dev|demo|run)\.json.*)$/;
  return (await readdir(directory)).some((name) => !own.test(name));
}

/** The logs of the run before stay beside the new ones; older ones go. So they never grow without end, and an error in one is of this run. */
async function putAwayLogs(directory: string): Promise<void> {
  for (const file of await readdir(directory)) {
    if (!file.endsWith('.log')) continue;
    const before = join(directory, `${file}.1`);
    await rename(join(directory, file), before);
    await chmod(before, 0o600);
  }
}

/** As people write it: from where they are. */
export function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') ? path : near;
}

/** Null where there is no such file. @throws StartProblem where it is damaged. */
export async function readJson<T>(file: string): Promise<T | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  return text === null ? null : parsed<T>(text, file);
}

/** @throws StartProblem that names the file. All that a start keeps as JSON it can make anew. */
export function parsed<T>(text: string, file: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new StartProblem(`${shown(file)} is damaged: it is not JSON. Remove it and start again; it is made anew`, undefined, {
      cause: error,
    });
  }
}

/** Only the owner may read it, and no reader ever sees half of it. */
export async function writePrivate(file: string, content: string): Promise<void> {
  const unfinished = `${file}.new`;
  await writeFile(unfinished, content, { mode: 0o600 });
  await rename(unfinished, file);
}
