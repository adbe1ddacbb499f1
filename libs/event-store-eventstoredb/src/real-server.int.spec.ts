import type { EventStore, FeedAppend, FeedPage } from '@mizan/event-store';
import { describeEventStore } from '@mizan/event-store/contract';
import { type TestServer, realEventStoreDb } from '@mizan/testing';
import { randomUUID } from 'node:crypto';
import { EventStoreDbStore } from './eventstoredb-store.js';

// The one place where the server's own behaviour is tested, and only where there is one.

const server = await realEventStoreDb();
const missing = typeof server === 'string';
const leg = missing ? describe.skip : describe;
if (missing) process.stdout.write(`The event store was not tested with a real EventStoreDB: ${server}.\n`);

leg(`with a real server${missing ? `: not run, ${server}` : ''}`, () => {
  const { address, stop } = server as TestServer;
  afterAll(() => stop());
  describeEventStore('EventStoreDbStore', async () => {
    // Each time streams of a beginning of their own, so that the server need not be empty.
    const prefix = `journal-${randomUUID()}-`;
    const store = await EventStoreDbStore.open({ url: address, prefix });
    return { store: below(prefix, store), close: () => store.close() };
  });
});

/** The store as it is seen by who knows nothing of the beginning of its streams' names. */
function below(prefix: string, store: EventStore): EventStore {
  const inner = (stream: string): string => (/^[\x21-\x7e]+$/.test(stream) ? prefix + stream : stream);
  const outer = <T extends { readonly stream: string }>(named: T): T => ({ ...named, stream: named.stream.slice(prefix.length) });
  const page = ({ appends, next }: FeedPage): FeedPage => ({ appends: appends.map((append): FeedAppend => outer(append)), next });
  return {
    limits: store.limits,
    append: (stream, ...rest) => store.append(inner(stream), ...rest),
    read: (stream, ...rest) => store.read(inner(stream), ...rest),
    readBackwards: (stream, ...rest) => store.readBackwards(inner(stream), ...rest),
    version: (stream) => store.version(inner(stream)),
    readAll: async (...all) => page(await store.readAll(...all)),
    heads: async (...all) => {
      const { heads, ...rest } = await store.heads(...all);
      return { heads: heads.map(outer), ...rest };
    },
    subscribe: async function* (...all) {
      for await (const each of store.subscribe(...all)) yield page(each);
    },
  };
}
