import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ServerCommand,
  type ServerProcess,
  describeExit,
  dieWithParent,
  lastError,
  startServerProcess,
  waitUntilReady,
} from '@mizan/embedded';
import { shown } from './home.js';
import type { Occupancy } from './occupancy.js';
import { StartProblem } from './start-problem.js';

const LIVE_TIMEOUT_MS = 60_000;
/** A service that ends this often within a minute is not started again. */
const RESTARTS_PER_MINUTE = 10;
const FIRST_RESTART_PAUSE_MS = 200;
const LONGEST_RESTART_PAUSE_MS = 5_000;
/** V8's young generation grows to three times this; by default it would be 48 MB in each service. */
const SEMI_SPACE_MB = 8;
/** glibc otherwise keeps freed memory in an arena for each thread: 60 MB in a service that handles large bodies. */
const MALLOC_ARENAS = '2';

export interface ServiceCommand {
  readonly name: string;
  readonly script: string;
  readonly oldSpaceMb: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly liveUrl: string;
}

export type ServerName = 'PostgreSQL' | 'Kafka';
const stopOrder: readonly ServerName[] = ['Kafka', 'PostgreSQL'];

/** Holds every process of a start: what ends by itself is noticed, and all of it is ended together. */
export class Supervisor {
  /** Rejects with a StartProblem when a part ends by itself. */
  readonly broken: Promise<never>;
  readonly #restart: boolean;
  readonly #occupancy: Occupancy;
  readonly #services = new Map<string, ServerProcess>();
  readonly #servers = new Map<ServerName, ServerProcess>();
  #stopping = false;
  #break!: (problem: StartProblem) => void;

  constructor(occupancy: Occupancy, restart: boolean) {
    this.#occupancy = occupancy;
    this.#restart = restart;
    this.broken = new Promise((_, reject) => (this.#break = reject));
    // Whoever waits for it hears of it; nobody has to.
    this.broken.catch(() => {});
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  /** Takes over a server as soon as it is a process. */
  takeServer(name: ServerName, process: ServerProcess, logFile: string): void {
    this.#servers.set(name, process);
    if (this.#stopping) void process.kill();
    this.#tell();
    void process.exited.then((exit) => {
      if (!this.#stopping) this.#break(ended(name, describeExit(exit), logFile));
    });
  }

  /** Resolves when the service answers. */
  async startService(command: ServiceCommand): Promise<void> {
    const server = await serverCommand(command);
    const process = this.#spawn(command, server);
    try {
      await waitUntilReady(server, process, LIVE_TIMEOUT_MS, () => answers(command.liveUrl));
    } catch (error) {
      throw new StartProblem((error as Error).message.replace(server.logFile, shown(server.logFile)), undefined, { cause: error });
    }
    this.#watch(command, server, process, []);
  }

  #spawn(command: ServiceCommand, server: ServerCommand): ServerProcess {
    if (this.#stopping) throw new StartProblem(`${command.name} was not started: the start was stopped`);
    const process = startServerProcess(server);
    this.#services.set(command.name, process);
    this.#tell();
    return process;
  }

  #watch(command: ServiceCommand, server: ServerCommand, process: ServerProcess, restarts: readonly number[]): void {
    void process.exited.then(async (exit) => {
      const lately = restarts.filter((at) => at > performance.now() - 60_000);
      if (!this.#stopping && this.#restart && lately.length < RESTARTS_PER_MINUTE) {
        await sleep(Math.min(FIRST_RESTART_PAUSE_MS * 2 ** lately.length, LONGEST_RESTART_PAUSE_MS));
        if (!this.#stopping) this.#watch(command, server, this.#spawn(command, server), [...lately, performance.now()]);
      } else if (!this.#stopping) this.#break(ended(command.name, describeExit(exit), command.logFile));
    });
  }

  /** Services first, then the servers they use. Each has 10 s to close; then it is killed. @returns how many services, and the servers' names. */
  async stop(): Promise<{ readonly services: number; readonly servers: readonly string[] }> {
    this.#stopping = true;
    await Promise.all([...this.#services.values()].map((process) => process.stop()));
    const servers = stopOrder.filter((name) => this.#servers.has(name));
    for (const name of servers) await this.#servers.get(name)?.stop();
    return { services: this.#services.size, servers };
  }

  /** At once, as a crash would. Everything durable is durable; the next start recovers. */
  async kill(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#services.values(), ...this.#servers.values()].map((process) => process.kill()));
  }

  #tell(): void {
    const all = [...this.#servers, ...this.#services].map(([name, { pid }]) => [name, pid] as const);
    this.#occupancy.update({ processes: Object.fromEntries(all) });
  }
}

async function serverCommand({ name, script, oldSpaceMb, environment, logFile }: ServiceCommand): Promise<ServerCommand> {
  const memory = [`--max-old-space-size=${oldSpaceMb}`, `--max-semi-space-size=${SEMI_SPACE_MB}`];
  return {
    name,
    command: [...(await dieWithParent('TERM')), process.execPath, ...memory, '--disable-warning=TimeoutNegativeWarning', script],
    environment: { ...process.env, MALLOC_ARENA_MAX: MALLOC_ARENAS, ...environment },
    logFile,
    stopSignal: 'SIGTERM',
    ipc: true,
  };
}

async function answers(url: string): Promise<true | string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    return answer.ok ? true : await answer.text();
  } catch (error) {
    return String((error as Error).cause ?? error);
  }
}

function ended(name: string, exit: string, logFile: string): StartProblem {
  const words = lastError(logFile);
  return new StartProblem(`${name} ended by itself (${exit})${words ? `: ${words}` : ''}  ${shown(logFile)}`);
}
