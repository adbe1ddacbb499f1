import type { EventStore, FeedAppend, FeedPage } from '@mizan/event-store';
import { describeEventStore } from '@mizan/event-store/contract';
import { realEventStoreDb } from '@mizan/testing';
import { randomUUID } from 'node:crypto';
import { EventStoreDbStore } from './eventstoredb-store.js';

// The one place where the server's own behaviour is tested, and only where there is one.

const server = await realEventStoreDb();
const whereThereIsOne = typeof server === 'string' ? it.skip : it;

whereThereIsOne(`the contract with a real EventStoreDB${typeof server === 'string' ? `: not run, ${server}` : ''}`, () => {
  expect(server).toHaveProperty('address');
});

if (typeof server !== 'string')
  describe('with a real server', () => {
    afterAll(() => server.stop());
    describeEventStore('EventStoreDbStore', async () => {
      // Each time streams of a kind of their own, so that the server need not be empty.
      const kind = `journal_${randomUUID().replaceAll('-', '')}`;
      const store = await EventStoreDbStore.open({ url: server.address, kinds: [kind] });
      return { store: below(`${kind}-`, store), close: () => store.close() };
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
