/** The calls that a fault can meet. */
export type FaultyCall = 'append' | 'read' | 'subscription' | 'features';

/**
 * What goes wrong, once.
 *
 * - slow: `ms` pass before anything is done.
 * - drop before, drop after: the connection breaks before the write or the answer, or between the two.
 * - stream error, stream end: the whole call ends, with an error or without, and with it every append that shares it.
 * - not leader: refused, with the name of the node that leads.
 * - no answer: done, and never answered.
 * - slow disk: done, and seen by readers after `ms` alone; who conflicts with it hears of it at once.
 * - wrong revision: done, and answered with a revision that is not the stream's.
 * - kill before, kill after: the process is gone (only where it runs as its own).
 */
export interface Fault {
  readonly on: FaultyCall;
  readonly does:
    | 'slow'
    | 'drop before'
    | 'drop after'
    | 'stream error'
    | 'stream end'
    | 'not leader'
    | 'no answer'
    | 'slow disk'
    | 'wrong revision'
    | 'kill before'
    | 'kill after';
  readonly ms?: number;
}

/** Faults that wait for their call, each for one. */
export class Faults {
  private readonly waiting: Fault[] = [];
  /** How many have happened. */
  happened = 0;

  inject(...faults: readonly Fault[]): void {
    this.waiting.push(...faults);
  }

  clear(): void {
    this.waiting.length = 0;
  }

  get count(): number {
    return this.waiting.length;
  }

  take(call: FaultyCall): Fault | undefined {
    const index = this.waiting.findIndex(({ on }) => on === call);
    if (index === -1) return undefined;
    this.happened += 1;
    return this.waiting.splice(index, 1)[0];
  }
}
