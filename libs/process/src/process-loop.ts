import { setTimeout as pause } from 'node:timers/promises';
import type { Decision } from './approval.js';
import type { Json } from './definition.js';
import type { Message, Runner, Slice, Taken } from './runner.js';

/** When to look, ms of real time. */
export interface LoopPauses {
  /** Between two looks at the timers while nothing is due. */
  readonly quietMs: number;
  /** After a fault; doubled with each further one. */
  readonly firstFaultMs: number;
  readonly longestFaultMs: number;
}

export const defaultPauses: LoopPauses = { quietMs: 500, firstFaultMs: 100, longestFaultMs: 10_000 };

/** What a service measures and writes down. */
export interface LoopHooks {
  readonly looked?: (slice: Slice) => void;
  /** The timers could not be looked at, or no process could. */
  readonly failed?: (error: unknown, pauseMs: number) => void;
}

export interface LoopState {
  /** Whether this instance had the lease when it looked last; null before the first look. */
  readonly held: boolean | null;
  /** Faults since the last look that went well. */
  readonly faults: number;
}

/** Runs what processes owe, in a service: slice after slice of due timers, from `start` to `stop`. */
export class ProcessLoop<S, E extends Json> {
  private readonly stopping = new AbortController();
  private waking = new AbortController();
  private running: Promise<void> | null = null;
  private held: boolean | null = null;
  private faults = 0;
  private lastFault: unknown = null;

  constructor(
    private readonly runner: Runner<S, E>,
    private readonly hooks: LoopHooks = {},
    private readonly pauses: LoopPauses = defaultPauses,
  ) {}

  start(): void {
    this.running ??= this.run();
  }

  /** As the runner's, and what the process then owes is done soon. */
  async receive(process: string, message: Message): Promise<Taken> {
    return this.awake(await this.runner.receive(process, message));
  }

  /** As the runner's, and what the process then owes is done soon. */
  async decide(process: string, decision: Decision): Promise<Taken> {
    return this.awake(await this.runner.decide(process, decision));
  }

  /** Looks at the timers now, where this instance has the lease. */
  wake(): void {
    this.waking.abort();
  }

  /** For a health page. @throws Error with the last fault, from the second one in a row on. */
  readiness(): LoopState {
    if (this.faults > 1)
      throw new Error(`Processes stand still: ${this.lastFault instanceof Error ? this.lastFault.message : String(this.lastFault)}`);
    return { held: this.held, faults: this.faults };
  }

  /**
   * Begins nothing more. Resolves when what is under way has ended, after `withinMs` in any case: what is left then ends by itself, or is
   * done again by another instance.
   */
  async stop(withinMs: number): Promise<void> {
    this.stopping.abort();
    this.wake();
    const over = new AbortController();
    await Promise.race([this.running, pause(withinMs, undefined, { signal: over.signal }).catch(() => {})]);
    over.abort();
  }

  private awake(taken: Taken): Taken {
    this.wake();
    return taken;
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      // Whoever wakes it from here on wants the timers looked at after this.
      this.waking = new AbortController();
      const pauseMs = await this.look();
      if (pauseMs > 0 && !this.stopping.signal.aborted) await pause(pauseMs, undefined, { signal: this.waking.signal }).catch(() => {});
    }
  }

  /** @returns how long to wait until the next look. */
  private async look(): Promise<number> {
    try {
      const slice = await this.runner.takeDue(this.stopping.signal);
      this.held = slice.held;
      this.hooks.looked?.(slice);
      if (slice.looked > 0 && slice.faults.length === slice.looked) return this.failed(slice.faults[0]!.error);
      this.faults = 0;
      return slice.looked > 0 ? 0 : this.pauses.quietMs;
    } catch (error) {
      return this.failed(error);
    }
  }

  private failed(error: unknown): number {
    const { firstFaultMs, longestFaultMs } = this.pauses;
    const pauseMs = Math.min(longestFaultMs, firstFaultMs * 2 ** Math.min(this.faults, 20));
    this.faults += 1;
    this.lastFault = error;
    this.hooks.failed?.(error, pauseMs);
    return pauseMs;
  }
}
