import type { FeedAppend, FeedPage } from '@mizan/event-store';
import { type EventStoreDb, startEventStoreDb } from '@mizan/testing';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type EventStoreClient, eventStoreDbClient } from './client.js';
import { EventStoreDbStore } from './eventstoredb-store.js';

let server: EventStoreDb;
let store: EventStoreDbStore;

beforeEach(async () => {
  server = await startEventStoreDb();
  store = await EventStoreDbStore.open({ url: server.url, kinds: ['journal'], deadlineMs: 2_000 });
});

afterEach(async () => {
  await store.close();
  await server.stop();
});

const newStream = (): string => `journal-${randomUUID()}`;

/** What others keep on the same server. */
async function others(count: number, bytes: number): Promise<void> {
  const event = () => ({
    id: randomUUID(),
    type: 'other',
    contentType: 'application/octet-stream',
    metadata: new Uint8Array(),
    data: Buffer.alloc(bytes),
  });
  for (let n = 0; n < count; n += 100) await server.log.append(`other-${randomUUID()}`, -1, Array.from({ length: 100 }, event));
}

const textsOf = (page: FeedPage): string[] => page.appends.flatMap(({ events }) => events);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(5);
}

test('streams of others are passed over, in the feed and in a subscription, and a stretch of theirs is looked through once', async () => {
  const asked: (bigint | string)[] = [];
  const connect = async (url: string): Promise<EventStoreClient> => {
    const client = await eventStoreDbClient(url);
    const readAll = client.readAll.bind(client);
    return Object.assign(client, {
      readAll: (options: Parameters<EventStoreClient['readAll']>[0]) => {
        const { fromPosition } = options;
        asked.push(typeof fromPosition === 'string' ? fromPosition : fromPosition.commit);
        return readAll(options);
      },
    });
  };
  const watched = await EventStoreDbStore.open({ url: server.url, kinds: ['journal'], connect });
  const [one, two] = [newStream(), newStream()];
  await others(3_000, 500);
  await store.append(one, 0, ['a', 'b']);
  await others(3_000, 500);
  const first = await watched.readAll(null, 10);
  expect(first.appends.map(({ stream, events }) => [stream, events])).toEqual([[one, ['a', 'b']]]);
  expect(await watched.readAll(first.next, 10)).toEqual({ appends: [], next: first.next });
  asked.length = 0;
  expect(await watched.readAll(first.next, 10)).toEqual({ appends: [], next: first.next });
  expect(asked).toHaveLength(1);
  expect(asked[0]).toBeGreaterThan(BigInt(first.next!.split('/')[0]!) + 3_000n * 500n);

  await store.append(two, 0, ['c']);
  expect((await watched.readAll(first.next, 10)).appends.map(({ events }) => events)).toEqual([['c']]);
  const stopping = new AbortController();
  const seen: FeedAppend[] = [];
  for await (const page of watched.subscribe(null, stopping.signal)) {
    seen.push(...page.appends);
    if (seen.length === 2) stopping.abort();
  }
  expect(seen.map(({ stream }) => stream)).toEqual([one, two]);
  await watched.close();
});

test('a walk through what others wrote that is left on its way is not begun anew by the next one, whoever else asks', async () => {
  const asked: (bigint | string)[] = [];
  let most = 3;
  const connect = async (url: string): Promise<EventStoreClient> => {
    const client = await eventStoreDbClient(url);
    const readAll = client.readAll.bind(client);
    return Object.assign(client, {
      readAll: (options: Parameters<EventStoreClient['readAll']>[0]) => {
        const { fromPosition, direction } = options;
        if (direction === 'backwards') return readAll(options);
        if (asked.length === most) throw new Error('left');
        asked.push(typeof fromPosition === 'string' ? fromPosition : fromPosition.commit);
        return readAll(options);
      },
    });
  };
  const watched = await EventStoreDbStore.open({ url: server.url, kinds: ['journal'], connect });
  await others(9_000, 500);
  await store.append(newStream(), 0, ['a']);
  await expect(watched.readAll(null, 10)).rejects.toThrow('left');
  const left = asked.at(-1)!;
  expect(left).toBeGreaterThan(500n * 500n);

  most = Infinity;
  const page = await watched.heads(null, 10);
  expect(page.heads).toHaveLength(1);
  expect(asked[3]).toBeGreaterThan(left as bigint);
  await others(100, 500);
  await watched.readAll(page.next, 10);
  asked.length = 0;
  expect(textsOf(await watched.readAll(null, 10))).toEqual(['a']);
  expect(asked[0]).toBeGreaterThan(left as bigint);
  await watched.close();
});

test('a reader who is slow leaves the rest with the server', async () => {
  const [stream, bytes] = [newStream(), 100 * 1024];
  for (let version = 0; version < 400; version += 8) await store.append(stream, version, Array(8).fill('x'.repeat(bytes)));
  let sent = 0;
  const { eventAt } = server.log;
  server.log.eventAt = (index) => {
    sent = Math.max(sent, index);
    return eventAt.call(server.log, index);
  };
  const stopping = new AbortController();
  const pages = store.subscribe(null, stopping.signal);
  const events = textsOf((await pages.next()).value);
  // The connection fills up, and then nothing more comes.
  for (let before = -1; before !== sent; await pause(300)) before = sent;
  expect(sent).toBeLessThan(300);
  while (events.length < 400) events.push(...textsOf((await pages.next()).value));
  stopping.abort();
  expect(await pages.next()).toEqual({ done: true, value: undefined });
  expect(sent).toBeGreaterThanOrEqual(400);
  expect(events.every((text) => text.length === bytes)).toBe(true);
});

test('a fault ends the subscription with an error, and it goes on from the last page', async () => {
  const stream = newStream();
  const [stopping, seen] = [new AbortController(), [] as FeedAppend[]];
  let faults = 0;
  const reading = (async () => {
    while (!stopping.signal.aborted)
      try {
        for await (const page of store.subscribe(seen.at(-1)?.token ?? null, stopping.signal)) seen.push(...page.appends);
      } catch {
        faults += 1;
      }
  })();
  for (let version = 0; version < 20; version += 2) {
    await store
      .append(stream, version, [`${version}`, `${version + 1}`])
      .catch(() => store.append(stream, version, [`${version}`, `${version + 1}`]));
    await until(() => seen.length === version / 2 + 1);
    if (version % 6 === 0) {
      server.drop();
      await until(() => faults > version / 6);
    }
  }
  stopping.abort();
  await reading;
  expect(seen.flatMap(({ events }) => events)).toEqual(Array.from({ length: 20 }, (_, n) => `${n}`));
});

test('when its signal aborts, no call stays open, also while it waits or is not read', async () => {
  const stream = newStream();
  await store.append(stream, 0, Array(100).fill('x'.repeat(4_000)));
  const stopping = new AbortController();
  const waiting = (async () => {
    for await (const page of store.subscribe(null, stopping.signal)) void page;
  })();
  const unread = store.subscribe(null, stopping.signal)[Symbol.asyncIterator]();
  await unread.next();
  await until(() => server.openReads() === 2);
  stopping.abort();
  await waiting;
  expect(await unread.next()).toEqual({ done: true, value: undefined });
  await until(() => server.openReads() === 0);
});

test('who stops reading pages leaves no call open', async () => {
  for (let n = 0; n < 20; n += 1) await store.append(newStream(), 0, ['x'.repeat(800 * 1024)]);
  await store.readAll(null, 1);
  for await (const page of store.subscribe(null, new AbortController().signal)) {
    expect(page.appends.length).toBeGreaterThan(0);
    break;
  }
  await until(() => server.openReads() === 0);
});

test('what another wrote into our streams is no event of ours: it is said, and not read over', async () => {
  const stream = newStream();
  await store.append(stream, 0, ['a']);
  await server.log.append(stream, 0, [
    { id: randomUUID(), type: 'other', contentType: 'application/json', metadata: new Uint8Array(), data: Buffer.from('{}') },
  ]);
  await expect(store.readAll(null, 10)).rejects.toThrow(/Event 2 of the stream .* was not written by Mizan \(its type is 'other'\)/);
  await expect(store.read(stream, 0, 10)).rejects.toThrow(/not written by Mizan/);
});
