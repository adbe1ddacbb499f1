import type { EventStore } from '@mizan/event-store';
import type { Calls, Ports, Timers } from '../ports.js';
import { type Chance } from './chance.js';

export class Lost extends Error {
  override readonly name = 'Lost';
}

/** What all instances share, and what may befall them. */
export interface Surroundings {
  readonly draw: Chance;
  readonly store: EventStore;
  readonly calls: Calls;
  readonly timers: Timers;
  readonly clock: () => number;
  holdsLease(node: Node): boolean;
  /** False once all goes well. */
  readonly rough: () => boolean;
  /** What was lost on its way and may still arrive. */
  readonly late: (() => Promise<unknown>)[];
}

/** One instance: each use of a port waits for its turn, may be lost before or after it took effect, or be its last. */
export class Node {
  readonly waiting: { go(): void; fail(error: Error): void }[] = [];
  readonly ports: Ports;
  dead = false;

  constructor(private readonly around: Surroundings) {
    const { store, calls, timers } = around;
    this.ports = {
      store: Object.assign(Object.create(store) as EventStore, {
        append: (...args: Parameters<EventStore['append']>) => this.use(() => store.append(...args), true),
        read: (...args: Parameters<EventStore['read']>) => this.use(() => store.read(...args), false),
      }),
      calls: {
        send: (call) => this.use(() => calls.send(call), true),
        lookup: (call) => this.use(() => calls.lookup(call), false),
      },
      timers: {
        set: (timer) => this.use(() => timers.set(timer), false),
        clear: (process, version) => this.use(() => timers.clear(process, version), false),
        due: (now, limit) => this.use(() => timers.due(now, limit), false),
      },
      lease: { held: async () => around.holdsLease(this) },
      clock: around.clock,
    };
  }

  die(): void {
    this.dead = true;
    for (const { fail } of this.waiting.splice(0)) fail(new Lost('The instance died.'));
  }

  private async use<T>(effect: () => Promise<T>, mayArriveLate: boolean): Promise<T> {
    if (this.dead) throw new Lost('The instance is dead.');
    await new Promise<void>((go, fail) => this.waiting.push({ go, fail }));
    const { draw, rough, late } = this.around;
    const luck = rough() ? draw() : 1;
    if (luck < 0.02) this.die();
    if (luck < 0.04) {
      if (mayArriveLate && draw() < 0.5) late.push(effect);
      throw new Lost('Lost before it took effect.');
    }
    const result = await effect();
    if (luck < 0.06) this.die();
    if (luck < 0.1) throw new Lost('Lost after it took effect.');
    return result;
  }
}
