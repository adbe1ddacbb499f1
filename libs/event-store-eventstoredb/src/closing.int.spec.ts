import { AppendRefused } from '@mizan/event-store';
import { type EventStoreDb, startEventStoreDb } from '@mizan/testing';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { EventStoreDbStore } from './eventstoredb-store.js';

// What becomes of the calls that are under way when the store is closed. Its deadline is far, so that nothing here ends by it.

const DEADLINE_MS = 600_000;
const closed = 'The event store is closed.';

let server: EventStoreDb;
let store: EventStoreDbStore;

beforeEach(async () => {
  server = await startEventStoreDb();
  store = await EventStoreDbStore.open({ url: server.url, kinds: ['journal'], deadlineMs: DEADLINE_MS });
});

afterEach(async () => {
  await server.stop();
});

const newStream = (): string => `journal-${randomUUID()}`;

const reads = (stream: string): Promise<unknown>[] => [
  store.version(stream),
  store.read(stream, 0, 100),
  store.readBackwards(stream, Infinity, 100),
  store.readAll(null, 100),
  store.heads(null, 100),
  store.subscribe(null, new AbortController().signal)[Symbol.asyncIterator]().next(),
  store.check(),
];

const outcomes = async (calls: Promise<unknown>[]): Promise<unknown[]> =>
  (await Promise.allSettled(calls)).map((result) => (result.status === 'rejected' ? (result.reason as Error).message : result.value));

test('reads under way fail, and none is taken for the end of what it read; later ones are refused', async () => {
  const stream = newStream();
  await store.append(stream, 0, Array<string>(500).fill('x'));
  for (let n = 0; n < 6; n += 1) server.faults.inject({ on: 'read', does: 'slow', ms: 300 });
  server.faults.inject({ on: 'subscription', does: 'slow', ms: 300 });
  const underWay = outcomes(reads(stream));
  await pause(100);
  await store.close();
  expect(await underWay).toEqual(Array(7).fill(closed));
  expect(await outcomes(reads(stream))).toEqual(Array(7).fill(closed));
});

test('subscriptions end with an error, whether they wait or are not read', async () => {
  await store.append(newStream(), 0, Array<string>(100).fill('x'.repeat(4_000)));
  const page = await store.readAll(null, 10);
  const waiting = store.subscribe(page.next, new AbortController().signal)[Symbol.asyncIterator]().next();
  const unread = store.subscribe(null, new AbortController().signal)[Symbol.asyncIterator]();
  await unread.next();
  const ended = outcomes([waiting]);
  await store.close();
  expect(await ended).toEqual([closed]);
  await expect(unread.next()).rejects.toThrow(closed);
});

test('an append without an answer does not hold it up: it is rejected as unknown, and was written', async () => {
  const stream = newStream();
  server.faults.inject({ on: 'append', does: 'no answer' });
  const append = store.append(stream, 0, ['a']).catch((error: unknown) => error);
  await store.close();
  const error = await append;
  expect(error).toMatchObject({ message: closed });
  expect(error).not.toBeInstanceOf(AppendRefused);
  await expect(store.append(stream, 1, ['b'])).rejects.toBeInstanceOf(AppendRefused);
  expect(server.log.stream(stream)).toHaveLength(1);
});

test('an append that conflicts while the store is closed is told so', async () => {
  const stream = newStream();
  await store.append(stream, 0, ['a']);
  server.faults.inject({ on: 'append', does: 'slow', ms: 100 });
  const append = store.append(stream, 0, ['b']);
  await store.close();
  expect(await append).toEqual({ status: 'conflict', actual: 1 });
});
