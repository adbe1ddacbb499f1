import { execFileSync } from 'node:child_process';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from './home.js';
import { StartProblem, exitCodes } from './start-problem.js';

/** Who runs in a home, as `run.json` there says it. */
export interface Occupant {
  readonly pid: number;
  /** The gateway's address, once it is known. */
  readonly url?: string;
  readonly processes: Readonly<Record<string, number>>;
}

/** The sign on the door: one start at a time in one home. */
export interface Occupancy {
  update(change: Partial<Omit<Occupant, 'pid'>>): void;
  leave(): void;
}

const runFile = (directory: string): string => join(directory, 'run.json');

/** The start that runs in this home, or null. What a killed one left behind does not count. */
export function occupant(directory: string): Occupant | null {
  try {
    const found = JSON.parse(readFileSync(runFile(directory), 'utf8')) as Occupant;
    return isStart(found.pid) ? found : null;
  } catch {
    return null;
  }
}

/** How long a start looks back at the door: far longer than another needs from reading a stale sign to taking it down. */
const SECOND_LOOK_MS = 25;

/** @throws StartProblem where another start runs in the same home. */
export function occupy(directory: string): Occupancy {
  makeFolder(directory);
  const file = runFile(directory);
  let mine: Occupant = { pid: process.pid, processes: {} };
  do {
    hang(file, JSON.stringify(mine));
    // Whoever read a stale sign before this one hung here may have taken this one down for a moment, and let a third one in.
    pause(SECOND_LOOK_MS);
  } while (content(file) === null);
  if (content(file) !== JSON.stringify(mine)) throw alreadyRunning(occupant(directory));
  return {
    update: (change) => {
      mine = { ...mine, ...change };
      writeFileSync(`${file}.new`, JSON.stringify(mine), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    },
    leave: () => rmSync(file, { force: true }),
  };
}

/** Written beside its place and linked into it: a sign is there whole or not at all, and only one of two finds the place free. */
function hang(file: string, text: string): void {
  const prepared = `${file}.${process.pid}`;
  rmSync(prepared, { force: true });
  writeFileSync(prepared, text, { flag: 'wx', mode: 0o600 });
  try {
    while (!linked(prepared, file)) {
      const found = content(file);
      const running = occupant(dirname(file));
      if (running) throw alreadyRunning(running);
      if (found !== null) takeDown(file, found);
    }
  } finally {
    rmSync(prepared, { force: true });
  }
}

/** Away under a name of one's own, then looked at: a live one that hangs there by now goes back. */
function takeDown(file: string, stale: string): void {
  const aside = `${file}.stale-${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (content(aside) !== stale) linked(aside, file);
  rmSync(aside, { force: true });
}

/** False where the place is taken. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function content(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

const pause = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

function alreadyRunning(other: Occupant | null): StartProblem {
  const where = other ? ` (pid ${other.pid})${other.url ? `: ${other.url}` : ''}` : '';
  return new StartProblem(`Mizan is already running here${where}`, exitCodes.alreadyRunning);
}

/** A pid alone says little: it may be a zombie, or another program's by now. */
function isStart(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    const command =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        : execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return /start[/\\]dist[/\\](main|(backup|restore)\.command)\.js/.test(command);
  } catch {
    return false;
  }
}
