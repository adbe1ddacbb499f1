import { type FeedAppend, type FeedToken } from '@mizan/event-store';
import { type EventStoreDb, startEventStoreDb } from '@mizan/testing';
import { hash, randomUUID } from 'node:crypto';
import { type BinaryEvent, type EventStoreClient, type RecordedEvent, type Resolved, eventStoreDbClient } from './client.js';
import { EventStoreDbStore } from './eventstoredb-store.js';

// What we must not do with this client, done on purpose: each mistake has to be found by a trial that finds nothing in the adapter as it is.

let server: EventStoreDb;
let store: EventStoreDbStore;

beforeEach(async () => {
  server = await startEventStoreDb();
});

afterEach(async () => {
  await store.close();
  await server.stop();
});

afterAll(() => {
  process.stdout.write(`planted ${planted.length} between adapter and client, caught ${caught}\n`);
});

const newStream = (): string => `journal-${randomUUID()}`;
const stored = (epoch: number, command: string): string => JSON.stringify({ epoch, command });

/** Or the error that it ends in. */
async function feedAfter(token: FeedToken | null): Promise<readonly FeedAppend[] | string> {
  return store.readAll(token, 1000).then(
    ({ appends }) => appends,
    (error: Error) => error.message,
  );
}

async function endOfFeed(): Promise<FeedToken | null> {
  for (let token: FeedToken | null = null; ;) {
    const page: Awaited<ReturnType<typeof store.readAll>> = await store.readAll(token, 8192);
    if (page.appends.length === 0) return token;
    token = page.next;
  }
}

/** What is wrong with another writer who sends the same command at the same version. */
async function anotherWriter(): Promise<string | null> {
  const stream = newStream();
  await store.append(stream, 0, [stored(1, 'pay')]);
  const { status } = await store.append(stream, 0, [stored(2, 'pay')]);
  return status === 'conflict' ? null : `the other writer is told: ${status}`;
}

/** What is wrong with the same append again, after an answer that was lost. */
async function sameAgain(): Promise<string | null> {
  const stream = newStream();
  server.faults.inject({ on: 'append', does: 'drop after' });
  await store.append(stream, 0, [stored(1, 'pay')]).catch(() => undefined);
  const { status } = await store.append(stream, 0, [stored(1, 'pay')]);
  return status === 'appended' ? null : `the same again is told: ${status}`;
}

/** What is wrong with the version that a repeat is told. */
async function versionOfRepeat(): Promise<string | null> {
  const stream = newStream();
  await store.append(stream, 0, ['a']);
  server.faults.inject({ on: 'append', does: 'wrong revision' });
  const again = await store.append(stream, 0, ['a']);
  return again.status === 'appended' && again.version === 1 ? null : `a repeat is told ${JSON.stringify(again)}`;
}

/** What is wrong with an append of which nobody knows what became. */
async function unknownIsUnknown(): Promise<string | null> {
  const answer = (): Promise<string> =>
    store.append(newStream(), 0, ['a']).then(
      ({ status }) => status,
      () => 'unknown',
    );
  for (const does of ['drop before', 'drop after', 'stream error', 'not leader'] as const) {
    server.faults.inject({ on: 'append', does });
    const told = await answer();
    if (told !== 'unknown') return `after ${does}, the writer is told: ${told}`;
  }
  return null;
}

/** What is wrong with a conflict whose cause cannot be read yet. */
async function conflictIsThere(): Promise<string | null> {
  const stream = newStream();
  server.faults.inject({ on: 'append', does: 'slow disk', ms: 200 });
  const theirs = store.append(stream, 0, ['theirs']);
  await store.append(stream, 0, ['ours']);
  const seen = await store.read(stream, 0, 1);
  await theirs;
  return seen.length === 1 ? null : 'what it conflicts with is not there';
}

/** What is wrong with the appends that the feed gives. */
async function wholeAppends(): Promise<string | null> {
  const [end, stream] = [await endOfFeed(), newStream()];
  await store.append(stream, 0, ['a', 'b', 'c']);
  const appends = await feedAfter(end);
  return typeof appends !== 'string' && appends.length === 1 && appends[0]!.events.length === 3
    ? null
    : `one append comes as ${JSON.stringify(appends)}`;
}

/** What is wrong with going on from a token. */
async function goesOn(): Promise<string | null> {
  const [end, stream] = [await endOfFeed(), newStream()];
  await store.append(stream, 0, ['a', 'b']);
  await store.append(stream, 2, ['c', 'd']);
  const all = await feedAfter(end);
  if (typeof all === 'string') return all;
  const rest = await feedAfter(all[0]!.token);
  return typeof rest !== 'string' && rest.flatMap(({ events }) => events).join() === 'c,d'
    ? null
    : `what follows is ${JSON.stringify(rest)}`;
}

/** What is wrong with streams that are not ours. */
async function onlyOurs(): Promise<string | null> {
  const end = await endOfFeed();
  await server.log.append(`elsewhere-${randomUUID()}`, -1, [
    { id: randomUUID(), type: 'other', contentType: 'application/octet-stream', metadata: new Uint8Array(), data: Buffer.from('theirs') },
  ]);
  const appends = await feedAfter(end);
  return appends.length === 0 ? null : `the feed gives ${JSON.stringify(appends)}`;
}

/** What is left of a subscription that has ended. */
async function nothingStaysOpen(): Promise<string | null> {
  const stopping = new AbortController();
  const end = await endOfFeed();
  await store.append(newStream(), 0, ['a']);
  for await (const page of store.subscribe(end, stopping.signal)) if (page.appends.length > 0) stopping.abort();
  for (let look = 0; look < 200 && server.openReads() > 0; look += 1) await new Promise((resolve) => setTimeout(resolve, 5));
  return server.openReads() === 0 ? null : `${server.openReads()} calls are still open`;
}

const trials = {
  anotherWriter,
  sameAgain,
  versionOfRepeat,
  unknownIsUnknown,
  conflictIsThere,
  wholeAppends,
  goesOn,
  onlyOurs,
  nothingStaysOpen,
};

interface Planted {
  readonly name: string;
  readonly foundBy: keyof typeof trials;
  readonly client?: (client: EventStoreClient) => EventStoreClient;
  readonly store?: (store: EventStoreDbStore) => unknown;
}

const withIds =
  (idOf: (event: BinaryEvent) => string) =>
  (client: EventStoreClient): EventStoreClient => ({
    ...bound(client),
    appendToStream: (stream, events, options) =>
      client.appendToStream(
        stream,
        events.map((event) => ({ ...event, id: idOf(event) })),
        options,
      ),
  });

const withEvents =
  (change: (event: RecordedEvent) => RecordedEvent) =>
  (client: EventStoreClient): EventStoreClient => ({
    ...bound(client),
    readAll: (options) => {
      const reading = client.readAll(options);
      return {
        async *[Symbol.asyncIterator](): AsyncGenerator<Resolved> {
          for await (const { event } of reading) if (event) yield { event: change(event) };
        },
      };
    },
  });

const bound = (client: EventStoreClient): EventStoreClient => ({
  appendToStream: client.appendToStream.bind(client),
  readStream: client.readStream.bind(client),
  readAll: client.readAll.bind(client),
  subscribeToAll: client.subscribeToAll.bind(client),
  dispose: client.dispose.bind(client),
});

const uuidOf = (text: string): string => hash('sha256', text).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-a$4-$5');

const planted: readonly Planted[] = [
  {
    name: 'ids of the command alone: the server takes the other writer for the first',
    foundBy: 'anotherWriter',
    client: withIds(({ data }) => uuidOf((JSON.parse(Buffer.from(data).toString()) as { command: string }).command)),
  },
  { name: 'a new id for each attempt', foundBy: 'sameAgain', client: withIds(() => randomUUID()) },
  {
    name: "the version by the answer's revision",
    foundBy: 'versionOfRepeat',
    store: (sound) => {
      let revision = -1n;
      const { client } = sound as unknown as { client: EventStoreClient };
      const appendToStream = client.appendToStream.bind(client);
      const append = sound.append.bind(sound);
      client.appendToStream = async (...all) => {
        const answer = await appendToStream(...all);
        revision = answer.nextExpectedRevision;
        return answer;
      };
      sound.append = async (...all) => {
        const answer = await append(...all);
        return answer.status === 'appended' ? { ...answer, version: Number(revision) + 1 } : answer;
      };
    },
  },
  {
    name: 'an error taken for a conflict',
    foundBy: 'unknownIsUnknown',
    client: (client) => ({
      ...bound(client),
      appendToStream: (...all) =>
        client.appendToStream(...all).catch((error: Error) => {
          throw Object.assign(error, { type: 'wrong-expected-version', actualVersion: 'no_stream', actualState: 'no_stream' });
        }),
    }),
    store: (sound) => {
      const append = sound.append.bind(sound);
      sound.append = (...all) => append(...all).catch(() => ({ status: 'conflict', actual: 0 }));
    },
  },
  {
    name: 'a conflict told as soon as the server tells it',
    foundBy: 'conflictIsThere',
    store: (sound) => Object.assign(sound, { shown: async () => undefined }),
  },
  {
    name: 'each event an append of its own',
    foundBy: 'wholeAppends',
    client: withEvents((event) => ({ ...event, metadata: { first: Number(event.revision) + 1, count: 1 } })),
  },
  {
    name: 'a token at the first event of an append',
    foundBy: 'goesOn',
    client: (client) => {
      let first: RecordedEvent | undefined;
      // Only the token is wrong: where an event is read again, it stands where it stands.
      const seen = new Set<string>();
      return withEvents((event) => {
        const name = `${event.revision}@${event.streamId}`;
        if (seen.has(name)) return event;
        seen.add(name);
        if ((event.metadata as { first?: number } | undefined)?.first === Number(event.revision) + 1) first = event;
        return { ...event, position: first?.position ?? event.position! };
      })(client);
    },
  },
  {
    name: 'a feed of everything the server has',
    foundBy: 'onlyOurs',
    store: (sound) => Object.assign((sound as unknown as { feed: object }).feed, { prefixes: [''] }),
  },
  {
    name: 'a subscription that is only not read any more',
    foundBy: 'nothingStaysOpen',
    client: (client) => ({
      ...bound(client),
      subscribeToAll: (options) => {
        const subscription = client.subscribeToAll(options);
        subscription.unsubscribe = async () => undefined;
        return subscription;
      },
    }),
  },
];

let caught = 0;

test.each(Object.keys(trials) as (keyof typeof trials)[])('%s finds nothing in the adapter as it is', async (trial) => {
  store = await EventStoreDbStore.open({ url: server.url, kinds: ['journal'] });
  expect(await trials[trial]()).toBeNull();
});

test.each(planted.map((mistake) => [mistake.name, mistake] as const))('finds: %s', async (_, mistake) => {
  const { client = (sound) => sound } = mistake;
  store = await EventStoreDbStore.open({
    url: server.url,
    kinds: ['journal'],
    connect: async (url) => client(await eventStoreDbClient(url)),
  });
  mistake.store?.(store);
  expect(await trials[mistake.foundBy]()).not.toBeNull();
  caught += 1;
});
