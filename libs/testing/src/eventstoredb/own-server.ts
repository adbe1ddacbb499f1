import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Fault } from './faults.js';
import type { EventStoreDb, EventStoreDbOptions } from './server.js';

const main = fileURLToPath(new URL('../../dist/eventstoredb/main.js', import.meta.url));

/**
 * In this process. Its messages are loaded only now: a process can hold those of one client alone.
 * @param options without a directory it keeps its log in one of its own, which goes when it stops.
 */
export async function startEventStoreDb(options: Partial<EventStoreDbOptions> = {}): Promise<EventStoreDb> {
  const { startEventStoreDb: startIn } = await import('./server.js');
  if (options.directory !== undefined) return startIn({ ...options, directory: options.directory });
  const directory = await newDirectory();
  const server = await startIn({ ...options, directory });
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(directory, { recursive: true });
  };
  return { ...server, stop };
}

const newDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), 'mizan-test-eventstoredb-'));

/** A process of its own. Address and log stay the same over `kill` and `restart`. */
export interface OwnEventStoreDb {
  /** The connection string. */
  readonly url: string;
  readonly pid: () => number;
  /** What goes wrong with the next calls. */
  inject(...faults: readonly Fault[]): Promise<void>;
  /** Faults that have not met their call yet. */
  waiting(): Promise<number>;
  /** SIGKILL: what a crash does. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Resolves when the process has ended, for whatever reason. */
  exited(): Promise<void>;
  /** Stops it and removes its log. */
  stop(): Promise<void>;
}

/** Runs what `tsc -b` has built. */
export async function ownEventStoreDb(): Promise<OwnEventStoreDb> {
  if (!existsSync(main)) throw new Error('The server is not built: run npx tsc -b first.');
  const directory = await newDirectory();
  let running = await start(directory, 0);
  const { port } = running.said;
  return {
    url: running.said.url,
    pid: () => running.child.pid!,
    inject: async (...faults) => void (await control(running.said.control, faults)),
    waiting: () => control(running.said.control, []),
    kill: () => end(running.child),
    restart: async () => {
      await end(running.child);
      running = await start(directory, port);
    },
    exited: async () => void (await running.exited),
    stop: async () => {
      await end(running.child);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** @returns how many faults wait then. */
async function control(port: number, faults: readonly Fault[]): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/faults`, { method: 'POST', body: JSON.stringify(faults) });
  if (!answer.ok) throw new Error(`The server took no faults: ${answer.status}`);
  return ((await answer.json()) as { waiting: number }).waiting;
}

interface Running {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;
  readonly said: { readonly url: string; readonly port: number; readonly control: number };
}

async function start(directory: string, port: number): Promise<Running> {
  // The channel's end tells the server that this process is gone.
  const child = spawn(process.execPath, [main, '--directory', directory, '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const first = await Promise.race([once(createInterface(child.stdout!), 'line'), exited]);
  if (typeof first[0] !== 'string') throw new Error('The server ended before it began.');
  return { child, exited, said: JSON.parse(first[0]) as Running['said'] };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
