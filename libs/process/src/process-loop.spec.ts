import { type Heard, clerks } from './clerk.fixture.js';
import type { Next } from './definition.js';
import type { Answer } from './ports.js';
import { ProcessLoop } from './process-loop.js';
import type { Slice } from './runner.js';

const order = { id: 'm1', content: 'order' };
const post = (heard: readonly Heard[]): Next =>
  heard.some(({ signal }) => signal === 'done') ? { do: 'nothing' } : { do: 'call', step: 'post', content: null, attempts: 1 };
/** Long enough that nothing here happens because of it. */
const NEVER_MS = 3_600_000;
const pauses = { quietMs: NEVER_MS, firstFaultMs: 1, longestFaultMs: 4 };

/** Resolves with what is seen once it is what is wanted. */
function until<T>(): { readonly see: (value: T) => void; readonly first: (wanted: (value: T) => boolean) => Promise<T> } {
  const seen: T[] = [];
  const waiting: { wanted: (value: T) => boolean; resolve: (value: T) => void }[] = [];
  return {
    see: (value) => {
      seen.push(value);
      for (const { wanted, resolve } of waiting) if (wanted(value)) resolve(value);
    },
    first: (wanted) =>
      new Promise((resolve) => {
        const found = seen.find(wanted);
        if (found !== undefined) resolve(found);
        else waiting.push({ wanted, resolve });
      }),
  };
}

it('does what is owed as soon as a message is taken, and again until nothing is', async () => {
  const { runner, counterpart } = clerks(post);
  const slices = until<Slice>();
  const loop = new ProcessLoop(runner, { looked: slices.see }, pauses);
  loop.start();
  await slices.first(({ looked }) => looked === 0);
  expect(await loop.receive('clerk-p', order)).toEqual({ status: 'taken', again: false });
  await slices.first(({ looked }) => looked === 1);
  expect(counterpart.sent.map(({ id }) => id)).toEqual(['clerk-p:post:1']);
  await loop.receive('clerk-q', order);
  await loop.stop(NEVER_MS);
  expect(loop.readiness()).toEqual({ held: true, faults: 0 });
});

it('loses no wake that comes while it looks', async () => {
  const { makeRunner, ports, counterpart } = clerks(post);
  const slices = until<Slice>();
  let during: (() => Promise<unknown>) | null = () => loop.receive('clerk-p', order);
  const due = async (now: number, limit: number) => {
    const found = await ports.timers.due(now, limit);
    const then = during;
    during = null;
    await then?.();
    return found;
  };
  const timers = Object.assign(Object.create(ports.timers) as typeof ports.timers, { due });
  const loop: ProcessLoop<readonly Heard[], Heard> = new ProcessLoop(makeRunner({ timers }), { looked: slices.see }, pauses);
  loop.start();
  await slices.first(({ looked }) => looked === 1);
  await loop.stop(NEVER_MS);
  expect(counterpart.sent).toHaveLength(1);
});

it('pauses longer with each fault, up to a bound, is not ready meanwhile, and recovers', async () => {
  const { makeRunner, ports } = clerks(post);
  let broken = true;
  const due = async (now: number, limit: number) => {
    if (broken) throw new Error('no database');
    return ports.timers.due(now, limit);
  };
  const timers = Object.assign(Object.create(ports.timers) as typeof ports.timers, { due });
  const failures = until<{ n: number; pauseMs: number }>();
  const slices = until<Slice>();
  const paused: number[] = [];
  const failed = (_: unknown, pauseMs: number): void => failures.see({ n: paused.push(pauseMs), pauseMs });
  const loop = new ProcessLoop(makeRunner({ timers }), { failed, looked: slices.see }, pauses);
  loop.start();
  await failures.first(({ n }) => n === 5);
  expect(paused.slice(0, 5)).toEqual([1, 2, 4, 4, 4]);
  expect(() => loop.readiness()).toThrow('Processes stand still: no database');
  broken = false;
  await slices.first(() => true);
  await loop.stop(NEVER_MS);
  expect(loop.readiness().faults).toBe(0);
});

it('stops within its bound, though a call hangs', async () => {
  const { makeRunner, ports } = clerks(post);
  const hanging = Promise.withResolvers<void>();
  const send = (): Promise<Answer> => {
    hanging.resolve();
    return new Promise(() => {});
  };
  const loop = new ProcessLoop(makeRunner({ calls: { send, lookup: async () => null } }), {}, pauses);
  loop.start();
  await loop.receive('clerk-p', order);
  await hanging.promise;
  await loop.stop(20);
  expect(await ports.timers.due(Infinity, 10)).toHaveLength(1);
});

it('does nothing more once it has stopped', async () => {
  const { runner, counterpart } = clerks(post);
  const loop = new ProcessLoop(runner, {}, pauses);
  loop.start();
  await loop.stop(NEVER_MS);
  await loop.receive('clerk-p', order);
  await new Promise(setImmediate);
  expect(counterpart.sent).toEqual([]);
});
