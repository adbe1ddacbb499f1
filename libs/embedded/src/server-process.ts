import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** A server that runs as a child of this process, in a process group of its own. */
export interface ServerProcess {
  readonly pid: number;
  /** Resolves when the process has ended, for whatever reason. */
  readonly exited: Promise<Exit>;
  /** Asks it to end, and ends it after 10 s. Resolves when it has. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash would do it. Resolves when it is gone. */
  kill(): Promise<void>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ServerCommand {
  readonly name: string;
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Standard output and error are appended here. Made for its owner alone. */
  readonly logFile: string;
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  readonly environment?: NodeJS.ProcessEnv;
  /** A channel whose end tells a Node child, on any system, that its parent is gone. */
  readonly ipc?: boolean;
}

const STOP_TIMEOUT_MS = 10_000;

/**
 * A process group of its own, so that a terminal's Ctrl-C reaches the server only through `stop`.
 * `command` should carry `dieWithParent`, so that nothing is left when this process is killed.
 */
export function startServerProcess(server: ServerCommand): ServerProcess {
  const log = openSync(server.logFile, 'a', 0o600);
  const [file = '', ...args] = server.command;
  const child = spawn(file, args, {
    detached: true,
    stdio: server.ipc ? ['ignore', log, log, 'ipc'] : ['ignore', log, log],
    ...(server.environment ? { env: server.environment } : {}),
  });
  closeSync(log);
  const exited = exitOf(child);
  if (child.pid === undefined) throw new Error(`${server.name} could not be started: ${file} is not there or may not be executed.`);
  const pid = child.pid;
  return {
    pid,
    exited,
    stop: async () => {
      child.kill(server.stopSignal);
      const abandon = new AbortController();
      const ended = await Promise.race([exited, sleep(STOP_TIMEOUT_MS, null, { signal: abandon.signal }).catch(() => null)]);
      abandon.abort();
      if (!ended) child.kill('SIGKILL');
      await exited;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', () => resolve({ code: 127, signal: null }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

/**
 * Asks `readiness` until it answers true; any other answer says what is missing.
 * @throws when the process ends before, or `timeoutMs` pass: the message names the log and its last error.
 */
export async function waitUntilReady(
  server: ServerCommand,
  process: ServerProcess,
  timeoutMs: number,
  readiness: () => Promise<true | string>,
): Promise<void> {
  let exit: Exit | undefined;
  void process.exited.then((ended) => (exit = ended));
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await readiness();
    if (answer === true) return;
    if (exit) throw new Error(`${server.name} stopped during its start (${describeExit(exit)})${logHint(server.logFile)}`);
    if (performance.now() > deadline) {
      await process.kill();
      throw new Error(`${server.name} was not ready within ${timeoutMs / 1000} s (${answer})${logHint(server.logFile)}`);
    }
    await sleep(50);
  }
}

export function describeExit({ code, signal }: Exit): string {
  return signal ? `signal ${signal}` : `exit code ${code}`;
}

function logHint(logFile: string): string {
  const line = lastError(logFile) || (linesOf(logFile).at(-1)?.text ?? '');
  return line ? `: ${line}  See ${logFile}` : `. See ${logFile}`;
}

/** What the kernel says when a disk is full, as Node, Java and PostgreSQL quote it. */
export const OUT_OF_SPACE = /\bENOSPC\b|No space left on device/;

/**
 * The last line of a log that speaks of an error; empty where there is none. JSON lines are put into words.
 * A full disk comes before all else: what follows it is its consequence.
 */
export function lastError(logFile: string): string {
  const lines = linesOf(logFile);
  return (lines.findLast(({ text }) => OUT_OF_SPACE.test(text)) ?? lines.findLast(({ isError }) => isError))?.text ?? '';
}

function linesOf(logFile: string): { text: string; isError: boolean }[] {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-200).map(inWords);
}

function inWords(line: string): { text: string; isError: boolean } {
  try {
    const { level, msg, err } = JSON.parse(line) as { level?: string; msg?: string; err?: { message?: string } };
    return { text: [msg, err?.message].filter(Boolean).join(': '), isError: level === 'error' || level === 'fatal' };
  } catch {
    return { text: line.trim(), isError: /\b(error|fatal|exception|panic)\b/i.test(line) };
  }
}

let canDieWithParent: Promise<boolean> | undefined;

/** Puts before a command what makes the kernel signal it when its parent dies. Nothing where the system has no such means. */
export async function dieWithParent(signal: 'TERM' | 'INT' | 'KILL'): Promise<string[]> {
  canDieWithParent ??= succeeds(['setpriv', '--pdeathsig', 'TERM', '--', 'true']);
  return (await canDieWithParent) ? ['setpriv', '--pdeathsig', signal, '--'] : [];
}

/** Runs a program to its end; it does not outlive this process. @returns its standard output. @throws as execFile does. */
export async function runToEnd(command: readonly string[], timeoutMs: number): Promise<string> {
  const [file = '', ...args] = [...(await dieWithParent('KILL')), ...command];
  return (await promisify(execFile)(file, args, { timeout: timeoutMs })).stdout;
}

/** Whether a program can be run and ends with code 0. */
export async function succeeds(command: readonly string[]): Promise<boolean> {
  const [file = '', ...args] = command;
  try {
    await promisify(execFile)(file, args, { timeout: 30_000 });
    return true;
  } catch {
    return false;
  }
}
