import type { EventStore } from '@mizan/event-store';
import type { Ports } from '../ports.js';
import { type Chance } from '../trial/chance.js';

/** Where an instance dies, as often as this of its uses of a port; half of them after the use took effect. */
const DEATHS = 0.03;

/** The ports of one instance, any use of which may be its last. */
export function mortal({ store, calls, timers, lease, ...rest }: Ports, draw: Chance, rough: () => boolean) {
  const life = { over: false };
  const use = async <T>(effect: () => Promise<T>): Promise<T> => {
    const luck = rough() ? draw() : 1;
    if (luck < DEATHS / 2) life.over = true;
    if (life.over) throw new Error('The instance is dead.');
    const result = await effect();
    if (luck < DEATHS) life.over = true;
    if (life.over) throw new Error('The instance died.');
    return result;
  };
  const ports: Ports = {
    ...rest,
    store: Object.assign(Object.create(store) as EventStore, {
      append: (...args: Parameters<EventStore['append']>) => use(() => store.append(...args)),
      read: (...args: Parameters<EventStore['read']>) => use(() => store.read(...args)),
    }),
    calls: { send: (call) => use(() => calls.send(call)), lookup: (call) => use(() => calls.lookup(call)) },
    timers: {
      set: (timer) => use(() => timers.set(timer)),
      clear: (process, version) => use(() => timers.clear(process, version)),
      due: (now, limit) => use(() => timers.due(now, limit)),
    },
    lease: { held: () => use(() => lease.held()) },
  };
  return { ports, life };
}
