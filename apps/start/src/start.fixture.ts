import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './home.js';
import type { Occupant } from './occupancy.js';

export interface StartOptions {
  readonly home: string;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The program and what comes before the options. Without it: apps/start itself, on this Node. */
  readonly command?: readonly string[];
}

/** A start as a user sees it: what it printed, and what it ended with. */
export class RunningStart {
  readonly child: ChildProcess;
  readonly #home: string;
  readonly #exited: Promise<number | null>;
  stdout = '';
  stderr = '';

  constructor({ home, args = [], environment = {}, command }: StartOptions) {
    this.#home = home;
    const { NODE_ENV: _1, DATABASE_URL: _2, KAFKA_BROKERS: _3, BUS: _4, ...inherited } = process.env;
    const main = join(root, 'apps', 'start', 'dist', 'main.js');
    const [file = '', ...rest] = command ?? [process.execPath, '--disable-warning=TimeoutNegativeWarning', main];
    this.child = spawn(file, [...rest, ...args], {
      cwd: root,
      env: { ...inherited, MIZAN_HOME: home, MIZAN_PORT: '0', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, which can be signalled as a terminal would.
      detached: true,
    });
    this.child.stdout?.on('data', (text: Buffer) => (this.stdout += text.toString()));
    this.child.stderr?.on('data', (text: Buffer) => (this.stderr += text.toString()));
    this.#exited = new Promise((resolve) => this.child.once('close', (code) => resolve(code)));
  }

  /** @throws with all that it said when it ends before it is ready. */
  async ready(): Promise<void> {
    const ended = this.#exited.then((code) => {
      throw new Error(`The start ended with code ${code} before it was ready:\n${this.stdout}${this.stderr}`);
    });
    ended.catch(() => {});
    while (!this.stdout.includes('\nReady in ')) await Promise.race([sleep(50), ended]);
  }

  /** The exit code. */
  ended(): Promise<number | null> {
    return this.#exited;
  }

  /** As Ctrl-C in a terminal: the signal goes to every process of the group. */
  interrupt(): void {
    process.kill(-this.child.pid!, 'SIGINT');
  }

  async processes(): Promise<Readonly<Record<string, number>>> {
    return (JSON.parse(await readFile(join(this.#home, 'run.json'), 'utf8')) as Occupant).processes;
  }
}

/** A home of the test's own. */
export async function temporaryHome(): Promise<{ readonly home: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'mizan-start-'));
  return { home: join(directory, 'home'), remove: () => rm(directory, { recursive: true, force: true }) };
}

/** Resolves when none of them is left. A zombie is gone: it may stay where process 1 does not collect it. */
export async function allGone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await sleep(50);
}

export function isAlive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}`)) return false;
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
