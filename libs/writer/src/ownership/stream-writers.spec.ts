import { type EventStore, InMemoryEventStore } from '@mizan/event-store';
import { CheckedClock } from '../checked-clock.js';
import { decidedBy } from '../decider.js';
import { type TallyAsk, type TallyReply, add, idsIn, look, origin, tally, tallyOf } from '../tally.fixture.js';
import type { StreamWriter } from '../stream-writer.js';
import { WrittenElsewhere } from './elsewhere.js';
import { LEASE_MS, type Lease, type Leases } from './leases.js';
import { StreamWriters } from './stream-writers.js';

// Another kind of stream than a ledger's, on a store in memory.

/** The clocks stand still, so that what two writers write differs in nothing but what the writer makes differ. */
const AT = Date.UTC(2026, 0, 1);

/** Leases that several instances share. Time passes when a test says so. */
class SharedLeases {
  private readonly held = new Map<string, { owner: string; epoch: number; until: number }>();
  now = 1_000_000;

  of(owner: string): Leases {
    const mine = ({ uid, epoch }: Lease) => {
      const lease = this.held.get(uid);
      return lease?.owner === owner && lease.epoch === epoch ? lease : null;
    };
    return {
      take: async (uid) => {
        const lease = this.held.get(uid) ?? { owner, epoch: 0, until: 0 };
        if (lease.owner !== owner && lease.until > this.now) return { owner: lease.owner, forMs: lease.until - this.now };
        const taken = { owner, epoch: lease.epoch + 1, until: this.now + LEASE_MS };
        this.held.set(uid, taken);
        return { uid, epoch: taken.epoch };
      },
      renew: async (leases) => {
        const renewed = leases.filter((lease) => mine(lease));
        for (const lease of renewed) mine(lease)!.until = this.now + LEASE_MS;
        return { held: new Set(renewed.map(({ uid }) => uid)), databaseNow: AT };
      },
      release: async (leases) => {
        for (const lease of leases) {
          const found = mine(lease);
          if (found) found.until = 0;
        }
      },
    };
  }
}

type Tallies = StreamWriters<TallyAsk, TallyReply, StreamWriter<TallyAsk, TallyReply>>;

let store: InMemoryEventStore;
let leases: SharedLeases;
let started: Tallies[] = [];
beforeEach(() => {
  store = new InMemoryEventStore();
  leases = new SharedLeases();
});
afterEach(async () => {
  await Promise.all(started.map((writers) => writers.stop(1_000)));
  started = [];
});

async function instance(owner: string, over: EventStore = store, bounds?: { maxOpen: number; idleMs: number }): Promise<Tallies> {
  const ports = { store: over, clock: new CheckedClock(() => AT), log: () => undefined };
  const writers: Tallies = new StreamWriters(decidedBy(tally), ports, leases.of(owner), { find: async () => [] }, bounds);
  started.push(writers);
  await writers.start();
  return writers;
}

/** The store with some of it replaced. */
function over(replaced: Partial<EventStore>): EventStore {
  return new Proxy(store, {
    get: (target, name) => {
      const found: unknown = Reflect.get(replaced, name) ?? Reflect.get(target, name);
      return typeof found === 'function' ? (found.bind(target) as unknown) : found;
    },
  });
}

const one = tallyOf('one');
const read = async (): Promise<string[]> => idsIn(await store.read('tally-one', 0, 1_000));

test('what is asked together shares few appends, in order, each answered with its own', async () => {
  let appends = 0;
  const writers = await instance('a', over({ append: (...given) => ((appends += 1), store.append(...given)) }));
  const replies = await Promise.all(Array.from({ length: 300 }, (_, i) => writers.ask(one, [add(`i${i}`, 1)], origin)));
  expect(replies.map(([reply]) => reply)).toEqual(replies.map((_, i) => ({ sum: i + 1, replayed: false })));
  expect(await read()).toEqual(replies.map((_, i) => `i${i}`));
  expect(appends).toBeLessThan(10);
});

test('an id again gives the first answer, after a restart too', async () => {
  const writers = await instance('a');
  await writers.ask(one, [add('x', 5), add('y', 7)], origin);
  expect(await writers.ask(one, [add('x', 5)], origin)).toEqual([{ sum: 5, replayed: true }]);
  await writers.stop(1_000);
  const next = await instance('b');
  expect(await next.ask(one, [add('x', 5), look], origin)).toEqual([
    { sum: 5, replayed: true },
    { sum: 12, replayed: false },
  ]);
  expect(await read()).toEqual(['x', 'y']);
});

test('appends stay within the limits of the store, and no decision is split', async () => {
  const sizes: number[] = [];
  const small = over({
    limits: { events: 4, bytes: 100_000 },
    append: (...given) => (sizes.push(given[2].length), store.append(...given)),
  });
  const writers = await instance('a', small);
  const asks = Array.from({ length: 5 }, (_, i) => add(`i${i}`, 1, 2, 3));
  expect((await writers.ask(one, asks, origin)).map(({ sum }) => sum)).toEqual([6, 12, 18, 24, 30]);
  expect(sizes).toEqual([3, 3, 3, 3, 3]);
  await expect(writers.ask(one, [add('too many', 1, 2, 3, 4, 5)], origin)).rejects.toMatchObject({ kind: 'internal_error' });
  expect(await writers.ask(one, [look], origin)).toEqual([{ sum: 30, replayed: false }]);
});

test('a rule that fails has written nothing, and the next ask finds the stream as it is', async () => {
  const writers = await instance('a');
  await writers.ask(one, [add('x', 1)], origin);
  await expect(writers.ask(one, [add('y', 1), { ask: 'fail' }], origin)).rejects.toMatchObject({
    kind: 'internal_error',
    message: 'The tally failed at deciding this. Nothing was written.',
  });
  expect(await writers.ask(one, [look], origin)).toEqual([{ sum: 1, replayed: false }]);
});

test.each(['before', 'after'] as const)('an answer lost %s the write is settled, and nothing is doubled', async (when) => {
  let breaks = 3;
  const breaking = over({
    append: async (...given) => {
      const fails = breaks > 0;
      breaks -= 1;
      if (fails && when === 'before') throw new Error('the connection broke');
      const appended = await store.append(...given);
      if (fails) throw new Error('the connection broke');
      return appended;
    },
  });
  const writers = await instance('a', breaking);
  const replies = await Promise.all(Array.from({ length: 20 }, (_, i) => writers.ask(one, [add(`i${i}`, 1)], origin)));
  expect(replies.flat().every(({ replayed }) => !replayed)).toBe(true);
  expect(await read()).toEqual(replies.map((_, i) => `i${i}`));
});

test('one instance writes a stream; when its lease has run out another takes it over, and the first is fenced off', async () => {
  const first = await instance('http://a');
  const second = await instance('http://b');
  await first.ask(one, [add('x', 1)], origin);
  const refused = second.ask(one, [add('y', 1)], origin);
  await expect(refused).rejects.toThrow(WrittenElsewhere);
  await expect(refused).rejects.toMatchObject({
    of: one,
    writing: { url: 'http://a' },
    message: 'Another instance writes this tally. Nothing was written; send it again.',
  });
  leases.now += LEASE_MS + 1;
  expect(await second.writtenBy(one, true)).toBeNull();
  expect(await second.ask(one, [add('y', 1)], origin)).toEqual([{ sum: 2, replayed: false }]);
  // The first does not know yet that it was overtaken. It may say neither yes nor what is out of date.
  await expect(first.find('one')!.submit([add('z', 1)], origin)).rejects.toMatchObject({ kind: 'unavailable' });
  expect(await read()).toEqual(['x', 'y']);
});

test('an overtaken writer does not take another’s event of the same content for its own', async () => {
  const first = await instance('http://a');
  const second = await instance('http://b');
  await first.ask(one, [look], origin);
  leases.now += LEASE_MS + 1;
  await second.ask(one, [add('x', 1)], origin);
  await expect(first.find('one')!.submit([add('x', 1)], origin)).rejects.toMatchObject({ kind: 'unavailable' });
});

test('past its bound it puts the longest idle stream away, and loads it again when it is asked', async () => {
  const writers = await instance('a', store, { maxOpen: 2, idleMs: 600_000 });
  for (const uid of ['one', 'two', 'three']) await writers.ask(tallyOf(uid), [add('x', 1)], origin);
  expect(['one', 'two', 'three'].map((uid) => writers.find(uid) !== undefined)).toEqual([false, true, true]);
  expect(await writers.ask(one, [look], origin)).toEqual([{ sum: 1, replayed: false }]);
});
