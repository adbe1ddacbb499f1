import { AppendRefused, type EventStore, type FeedAppend, type FeedToken } from '@mizan/event-store';
import { type Fault, type OwnEventStoreDb, ownEventStoreDb } from '@mizan/testing';
import { setTimeout as pause } from 'node:timers/promises';
import { EventStoreDbStore } from './eventstoredb-store.js';

// Writers that append while the server and the way to it break in every way we know of, each going by the rule of the port. The seed of a
// run is printed; FAULT_SEED repeats it as far as the clock lets it.

const FAULTS = 1_000;
const seed = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 31));

let server: OwnEventStoreDb;

beforeAll(async () => {
  process.stdout.write(`faults of EventStoreDB: seed ${seed}\n`);
  server = await ownEventStoreDb();
}, 60_000);

afterAll(() => server?.stop());

/** The same numbers for the same seed, in [0, 1). */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = randomFrom(seed);
const below = (end: number): number => Math.floor(random() * end);

/** How often each is drawn, in 100. */
const weights: readonly (readonly [number, () => Fault])[] = [
  [14, () => ({ on: 'append', does: 'slow', ms: below(40) })],
  [16, () => ({ on: 'append', does: 'drop before' })],
  [20, () => ({ on: 'append', does: 'drop after' })],
  [10, () => ({ on: 'append', does: 'stream error' })],
  [6, () => ({ on: 'append', does: 'stream end' })],
  [8, () => ({ on: 'append', does: 'not leader' })],
  [3, () => ({ on: 'append', does: 'no answer' })],
  [6, () => ({ on: 'append', does: 'slow disk', ms: below(60) })],
  [4, () => ({ on: 'append', does: 'wrong revision' })],
  [1, () => ({ on: 'append', does: 'kill before' })],
  [1, () => ({ on: 'append', does: 'kill after' })],
  [3, () => ({ on: 'read', does: 'drop before' })],
  [2, () => ({ on: 'read', does: 'drop after' })],
  [2, () => ({ on: 'read', does: 'stream error' })],
  [2, () => ({ on: 'read', does: 'slow', ms: below(40) })],
];

function draw(): Fault {
  let left = random() * weights.reduce((sum, [weight]) => sum + weight, 0);
  return weights.find(([weight]) => (left -= weight) < 0)![1]();
}

const open = (): Promise<EventStoreDbStore> =>
  tried(() => EventStoreDbStore.open({ url: server.url, kinds: ['journal'], deadlineMs: 500 }));

/** Until it works. */
async function tried<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch {
      await pause(5);
    }
  }
}

let unknown = 0;

/** As the port says: the same again at the same version until there is an answer; on a conflict, look whose events stand there. */
async function appendForCertain(store: EventStore, stream: string, expected: number, events: readonly string[]): Promise<'ours' | 'lost'> {
  for (;;) {
    try {
      const result = await store.append(stream, expected, events);
      if (result.status === 'appended') return 'ours';
      const there = await store.read(stream, expected, events.length);
      return there.length === events.length && there.every(({ text }, index) => text === events[index]) ? 'ours' : 'lost';
    } catch (error) {
      if (error instanceof AppendRefused) throw error;
      unknown += 1;
      await pause(5);
    }
  }
}

interface Written {
  readonly stream: string;
  readonly writer: string;
  readonly texts: string[];
}

/** Appends groups of 1 to 5 events until it is told to stop. What it is told is its own, it keeps account of. */
async function write(stream: string, writer: string, stopping: AbortSignal): Promise<Written> {
  const store = await open();
  const texts: string[] = [];
  let version = await tried(() => store.version(stream));
  for (let group = 0; !stopping.aborted; group += 1) {
    const events = Array.from({ length: 1 + (group % 5) }, (_, event) => `${writer} ${group}.${event}`);
    while ((await appendForCertain(store, stream, version, events)) === 'lost') {
      // What lies in the way is another writer's, and it is there to be seen.
      const now = await tried(() => store.version(stream));
      expect(now).toBeGreaterThan(version);
      version = now;
    }
    texts.push(...events);
    version += events.length;
  }
  await store.close();
  return { stream, writer, texts };
}

/** The feed as a reader sees it who goes on from his last page after every fault. */
async function follow(seen: FeedAppend[], stopping: AbortSignal): Promise<void> {
  const store = await open();
  while (!stopping.aborted)
    try {
      for await (const page of store.subscribe(seen.at(-1)?.token ?? null, stopping)) seen.push(...page.appends);
    } catch {
      await pause(5);
    }
  await store.close();
}

/** Faults one after another, and the server started again when one has killed it. @returns how many happened. */
async function breakThings(): Promise<Record<string, number>> {
  const happened: Record<string, number> = {};
  for (let count = 0; count < FAULTS;) {
    const drawn = Array.from({ length: 1 + below(12) }, draw);
    // With the process go the faults that still wait there: one that kills comes alone.
    const kill = drawn.find(({ does }) => does.startsWith('kill'));
    const faults = kill ? [kill] : drawn;
    await tried(() => server.inject(...faults));
    if (kill) {
      await server.exited();
      await server.restart();
    } else while ((await server.waiting()) > 0) await pause(10);
    for (const { does } of faults) happened[does] = (happened[does] ?? 0) + 1;
    count += faults.length;
  }
  return happened;
}

test('1,000 faults while writers append: no event is lost, doubled or out of order, and the feed equals the streams', async () => {
  const [writing, following] = [new AbortController(), new AbortController()];
  const writers = [
    ...[0, 1, 2, 3].map((n) => write(`journal-alone-${n}`, `writer ${n}`, writing.signal)),
    // Two who take the same stream from each other.
    ...['left', 'right'].map((writer) => write('journal-shared', writer, writing.signal)),
  ];
  const followed: FeedAppend[] = [];
  const reading = follow(followed, following.signal);
  const happened = await breakThings();
  writing.abort();
  const written = await Promise.all(writers);

  const store = await open();
  const feed: FeedAppend[] = [];
  for (let next: FeedToken | null = null; ;) {
    const page: Awaited<ReturnType<EventStore['readAll']>> = await store.readAll(next, 1000);
    if (page.appends.length === 0) break;
    feed.push(...page.appends);
    next = page.next;
  }
  for (const stream of new Set(written.map((each) => each.stream))) {
    const texts: string[] = [];
    for (let page = await store.read(stream, 0, 1000); page.length > 0; page = await store.read(stream, texts.length, 1000)) {
      expect(page[0]!.version).toBe(texts.length + 1);
      texts.push(...page.map(({ text }) => text));
    }
    const ours = written.filter((each) => each.stream === stream);
    expect(texts).toHaveLength(ours.reduce((sum, each) => sum + each.texts.length, 0));
    for (const { writer, texts: own } of ours) expect(texts.filter((text) => text.startsWith(`${writer} `))).toEqual(own);
    expect(feed.filter((append) => append.stream === stream).flatMap(({ events }) => events)).toEqual(texts);
  }
  // The last page may still be on its way.
  while (followed.length < feed.length) await pause(5);
  following.abort();
  await reading;
  expect(followed).toEqual(feed);
  await store.close();

  const events = feed.reduce((sum, append) => sum + append.events.length, 0);
  process.stdout.write(`${JSON.stringify({ seed, happened, unknown, appends: feed.length, events })}\n`);
  expect(Object.values(happened).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(FAULTS);
  expect(unknown).toBeGreaterThan(100);
}, 300_000);
