import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** @throws StartProblem where another start runs in the same home. */
export function occupy(directory: string): Occupancy {
  mkdirSync(directory, { recursive: true });
  const running = occupant(directory);
  if (running) throw alreadyRunning(running);
  rmSync(runFile(directory), { force: true });
  let mine: Occupant = { pid: process.pid, processes: {} };
  try {
    // 'wx' lets only one of two that come at the same moment through.
    writeFileSync(runFile(directory), JSON.stringify(mine), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw alreadyRunning(occupant(directory));
    throw error;
  }
  return {
    update: (change) => {
      mine = { ...mine, ...change };
      writeFileSync(`${runFile(directory)}.new`, JSON.stringify(mine));
      renameSync(`${runFile(directory)}.new`, runFile(directory));
    },
    leave: () => rmSync(runFile(directory), { force: true }),
  };
}

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
    return /start[/\\]dist[/\\]main\.js/.test(command);
  } catch {
    return false;
  }
}
