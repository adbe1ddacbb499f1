import { syncBuiltinESMExports } from 'node:module';
import { Heap } from '@mizan/ledger/heap';
import { Dice } from './dice.js';

const timers = process.getBuiltinModule('node:timers');
const timersPromises = process.getBuiltinModule('node:timers/promises');
const crypto = process.getBuiltinModule('node:crypto');
const realSetImmediate = timers.setImmediate;

/** A timer of a virtual time; the service's code takes it for one of Node's. */
class VirtualTimer {
  cancelled = false;

  constructor(
    readonly at: number,
    readonly order: number,
    readonly fire: () => void,
  ) {}

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  isBefore(other: VirtualTimer): boolean {
    return this.at < other.at || (this.at === other.at && this.order < other.order);
  }
}

/** Time in which nothing passes by itself: it jumps from one timer to the next, as soon as nothing else is left to do. */
export class VirtualTime {
  /** Ms since the epoch. */
  now: number;
  private readonly timers = new Heap<VirtualTimer>((one, other) => one.isBefore(other));
  private order = 0;
  private readonly uuids: Dice;

  constructor(startMs: number, seed: number) {
    this.now = startMs;
    this.uuids = new Dice(`uuids of ${seed}`);
  }

  uuid(): string {
    return this.uuids.uuid();
  }

  after(ms: number, fire: () => void): VirtualTimer {
    const timer = new VirtualTimer(this.now + Math.max(0, Math.floor(Number(ms) || 0)), this.order++, fire);
    this.timers.add(timer);
    return timer;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Lets time pass until a moment, or until something is true, whichever is first. */
  async pass(untilMs: number, enough: () => boolean = () => false): Promise<void> {
    for (;;) {
      // All promises that can go on have gone on when the real event loop comes round.
      await new Promise(realSetImmediate);
      if (enough()) return;
      const next = this.timers.first;
      if (!next || next.at > untilMs) {
        this.now = Math.max(this.now, untilMs);
        return;
      }
      this.timers.removeFirst();
      if (next.cancelled) continue;
      this.now = Math.max(this.now, next.at);
      next.fire();
    }
  }
}

let current: VirtualTime | null = null;

/** Runs work whose timers, and whose random UUIDs, are those of a virtual time. One at a time. */
export async function inVirtualTime<T>(time: VirtualTime, work: () => Promise<T>): Promise<T> {
  if (current) throw new Error('Another virtual time is running already.');
  current = time;
  try {
    return await work();
  } finally {
    current = null;
  }
}

// The code that is simulated knows only Node's timers. They are replaced once, by ones that ask which time it is;
// in a module graph whose built-in modules were bound before this file ran, they would be bound to the real ones.

type Callback = (...args: unknown[]) => void;

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setImmediate: globalThis.setImmediate,
  abortAfter: AbortSignal.timeout.bind(AbortSignal),
  sleep: timersPromises.setTimeout,
  uuid: crypto.randomUUID,
};

const setTimer = (callback: Callback, ms = 0, ...args: unknown[]): unknown =>
  current ? current.after(ms, () => callback(...args)) : real.setTimeout(callback, ms, ...args);

function clearTimer(timer: unknown): void {
  if (timer instanceof VirtualTimer) timer.cancelled = true;
  else real.clearTimeout(timer as NodeJS.Timeout);
}

function sleep<T>(ms = 0, value?: T, options: { signal?: AbortSignal } = {}): Promise<T> {
  const time = current;
  if (!time) return real.sleep(ms, value, options) as Promise<T>;
  const { signal } = options;
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      timer.cancelled = true;
      reject(new DOMException('The operation was aborted', 'AbortError'));
    };
    const timer = time.after(ms, () => {
      signal?.removeEventListener('abort', aborted);
      resolve(value as T);
    });
    if (signal?.aborted) aborted();
    else signal?.addEventListener('abort', aborted, { once: true });
  });
}

function abortAfter(ms: number): AbortSignal {
  if (!current) return real.abortAfter(ms);
  const controller = new AbortController();
  current.after(ms, () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')));
  return controller.signal;
}

Object.assign(globalThis, {
  setTimeout: setTimer,
  clearTimeout: clearTimer,
  setImmediate: (callback: Callback, ...args: unknown[]) =>
    current ? current.after(0, () => callback(...args)) : real.setImmediate(callback, ...args),
});
Object.assign(AbortSignal, { timeout: abortAfter });
Object.assign(timersPromises, { setTimeout: sleep });
Object.assign(crypto, { randomUUID: (options?: object) => (current ? current.uuid() : real.uuid(options)) });
syncBuiltinESMExports();
