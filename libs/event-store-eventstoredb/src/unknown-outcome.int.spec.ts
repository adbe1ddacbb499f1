import { AppendRefused } from '@mizan/event-store';
import { type EventStoreDb, startEventStoreDb } from '@mizan/testing';
import { randomUUID } from 'node:crypto';
import { type EventStoreClient, eventStoreDbClient } from './client.js';
import { EventStoreDbStore } from './eventstoredb-store.js';

// One fault at a time, and what the caller is told of it. The server is ours: this shows what we make of the client, not what the real server does.

const DEADLINE_MS = 1_000;

let server: EventStoreDb;
let store: EventStoreDbStore;

beforeAll(async () => {
  server = await startEventStoreDb({ ports: [0, 0] });
  store = await EventStoreDbStore.open({ url: server.url, kinds: ['journal'], deadlineMs: DEADLINE_MS });
});

afterEach(() => server.faults.clear());

afterAll(async () => {
  await store?.close();
  await server?.stop();
});

const newStream = (): string => `journal-${randomUUID()}`;
/** The first call after it says where the leader is; the client goes there by itself. */
async function elect(node: number): Promise<void> {
  server.elect(node);
  await expect(store.version('journal-none')).rejects.toMatchObject({ type: 'not-leader' });
}

const textsOf = async (stream: string): Promise<string[]> => (await store.read(stream, 0, 100)).map(({ text }) => text);

test.each(['drop before', 'stream error', 'stream end'] as const)(
  '%s: rejected as unknown, nothing is there, and the same again is written once',
  async (does) => {
    const stream = newStream();
    server.faults.inject({ on: 'append', does });
    const error = await store.append(stream, 0, ['a', 'b']).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(AppendRefused);
    expect(await textsOf(stream)).toEqual([]);
    expect(await store.append(stream, 0, ['a', 'b'])).toEqual({ status: 'appended', version: 2 });
    expect(await textsOf(stream)).toEqual(['a', 'b']);
  },
);

test.each(['drop after', 'no answer'] as const)('%s: rejected as unknown, and the same again finds itself, once', async (does) => {
  const stream = newStream();
  await store.append(stream, 0, ['first']);
  server.faults.inject({ on: 'append', does });
  await expect(store.append(stream, 1, ['second', 'third'])).rejects.toThrow(Error);
  expect(await store.append(stream, 1, ['second', 'third'])).toEqual({ status: 'appended', version: 3 });
  expect(await textsOf(stream)).toEqual(['first', 'second', 'third']);
});

test('the same again after others have written behind it: appended, at its own version', async () => {
  const stream = newStream();
  server.faults.inject({ on: 'append', does: 'drop after' });
  await expect(store.append(stream, 0, ['a', 'b'])).rejects.toThrow(Error);
  await store.append(stream, 2, ['c']);
  expect(await store.append(stream, 0, ['a', 'b'])).toEqual({ status: 'appended', version: 2 });
  expect(await textsOf(stream)).toEqual(['a', 'b', 'c']);
});

test('the answer to a repeat names another revision: the version is our own count', async () => {
  const stream = newStream();
  await store.append(stream, 0, ['a', 'b']);
  server.faults.inject({ on: 'append', does: 'wrong revision' });
  expect(await store.append(stream, 0, ['a', 'b'])).toEqual({ status: 'appended', version: 2 });
});

test("another writer's append of the same command is a conflict: its bytes name its epoch", async () => {
  const stream = newStream();
  const stored = (epoch: number): string => JSON.stringify({ epoch, command: 'pay' });
  await store.append(stream, 0, [stored(1)]);
  expect(await store.append(stream, 0, [stored(2)])).toEqual({ status: 'conflict', actual: 1 });
  expect(await textsOf(stream)).toEqual([stored(1)]);
});

test('the beginning of the same, or more than the same, is what it says it is', async () => {
  const stream = newStream();
  await store.append(stream, 0, ['a', 'b']);
  expect(await store.append(stream, 0, ['a'])).toEqual({ status: 'appended', version: 1 });
  expect(await store.append(stream, 0, ['a', 'b', 'c'])).toEqual({ status: 'conflict', actual: 2 });
  expect(await textsOf(stream)).toEqual(['a', 'b']);
});

test('a conflict is told once the other can be read', async () => {
  const stream = newStream();
  server.faults.inject({ on: 'append', does: 'slow disk', ms: 200 });
  const theirs = store.append(stream, 0, ['theirs']);
  const ours = store.append(stream, 0, ['ours']);
  expect(await ours).toEqual({ status: 'conflict', actual: 1 });
  expect(await textsOf(stream)).toEqual(['theirs']);
  await theirs;
});

test('an answer of the server that never comes ends at the deadline, in a read too', async () => {
  const stream = newStream();
  await store.append(stream, 0, ['a']);
  server.faults.inject({ on: 'read', does: 'no answer' }, { on: 'read', does: 'no answer' });
  await expect(store.read(stream, 0, 10)).rejects.toThrow(/did not answer within 1000 ms/);
  await expect(store.readAll(null, 10)).rejects.toThrow(/did not answer within 1000 ms: reading the feed/);
  expect(await textsOf(stream)).toEqual(['a']);
});

test('another node leads: the append is refused there, and the same again reaches the new leader', async () => {
  const stream = newStream();
  await store.append(stream, 0, ['a']);
  server.elect(1);
  await expect(store.append(stream, 1, ['b'])).rejects.toMatchObject({ type: 'not-leader' });
  expect(await store.append(stream, 1, ['b'])).toEqual({ status: 'appended', version: 2 });
  await elect(0);
  expect(await textsOf(stream)).toEqual(['a', 'b']);
});

/** As the client is by itself: many appends share a stream of messages. */
async function sharing(url: string): Promise<EventStoreClient> {
  const client = Object.assign(await eventStoreDbClient(url), { supports: async () => true });
  return {
    appendToStream: client.appendToStream.bind(client),
    readStream: client.readStream.bind(client),
    readAll: client.readAll.bind(client),
    subscribeToAll: client.subscribeToAll.bind(client),
    dispose: client.dispose,
  };
}

test('the end of the old leader harms no append on its way to the new one', async () => {
  const stream = newStream();
  await store.append(stream, 0, ['a']);
  await elect(1);
  server.faults.inject({ on: 'append', does: 'slow', ms: 200 });
  const append = store.append(stream, 1, ['b']);
  await new Promise((resolve) => setTimeout(resolve, 50));
  server.drop(0);
  expect(await append).toEqual({ status: 'appended', version: 2 });
  await elect(0);
});

test('where appends share a stream of messages, an error of it means unknown for all of them', async () => {
  const shared = await EventStoreDbStore.open({ url: server.url, kinds: ['journal'], connect: sharing, deadlineMs: DEADLINE_MS });
  const streams = Array.from({ length: 8 }, newStream);
  server.faults.inject(
    { on: 'append', does: 'slow', ms: 100 },
    { on: 'append', does: 'slow', ms: 100 },
    { on: 'append', does: 'stream error' },
  );
  const first = await Promise.allSettled(streams.map((stream) => shared.append(stream, 0, ['a'])));
  expect(first.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(1);
  for (const stream of streams) {
    expect(await shared.append(stream, 0, ['a'])).toEqual({ status: 'appended', version: 1 });
    expect(await textsOf(stream)).toEqual(['a']);
  }
  await shared.close();
});

test('what the server finds too large is refused, and nothing of it is there', async () => {
  const stream = newStream();
  const text = 'x'.repeat(832 * 1024);
  const small = await EventStoreDbStore.open({
    url: server.url,
    kinds: ['journal'],
    connect: async (url) => {
      const client = await eventStoreDbClient(url);
      const append = client.appendToStream.bind(client);
      // As if each event were larger than it is.
      client.appendToStream = (name, events, options) =>
        append(
          name,
          events.map((event) => ({ ...event, data: Buffer.concat([event.data, event.data]) })),
          options,
        );
      return client;
    },
  });
  const attempt = small.append(stream, 0, [text]);
  await expect(attempt).rejects.toBeInstanceOf(AppendRefused);
  await expect(attempt).rejects.toThrow(/at most 1048576 bytes.*MaxAppendSize/);
  expect(await store.version(stream)).toBe(0);
  await small.close();
});

test('after it is closed, it takes nothing more', async () => {
  const closed = await EventStoreDbStore.open({ url: server.url, kinds: ['journal'] });
  const last = closed.append(newStream(), 0, ['a']);
  await closed.close();
  expect(await last).toEqual({ status: 'appended', version: 1 });
  await expect(closed.append(newStream(), 0, ['a'])).rejects.toBeInstanceOf(AppendRefused);
});

test('a stream that would not be in the feed is refused', async () => {
  await expect(store.append('other-1', 0, ['a'])).rejects.toThrow(/'other-1' would not be in the feed.*'journal-'/);
});
