import { ownEventStoreDb } from '@mizan/testing';
import { randomUUID } from 'node:crypto';
import { eventStoreDbClient } from './client.js';
import { EventStoreDbStore } from './eventstoredb-store.js';

it('a read that is broken off within a page leaves nothing behind, and the store closes', async () => {
  const server = await ownEventStoreDb();
  try {
    let calls: ReadonlySet<unknown> = new Set();
    const store = await EventStoreDbStore.open({
      url: server.url,
      kinds: ['journal'],
      // Nothing ends by its deadline here.
      deadlineMs: 600_000,
      connect: async (url) => {
        const client = await eventStoreDbClient(url);
        calls = (client as unknown as { disposableStreams: Set<unknown> }).disposableStreams;
        return client;
      },
    });
    const stream = `journal-${randomUUID()}`;
    // The first ones a little smaller, so that a little more than a page is asked for after them, and has come when it is cut off.
    const texts = Array.from({ length: 2_400 }, (_, i) => 'x'.repeat(i < 64 ? 1_000 : 1_010));
    for (let version = 0; version < texts.length; version += 800) await store.append(stream, version, texts.slice(version, version + 800));
    for (const _ of [1, 2, 3]) expect((await store.heads(null, 8_192)).heads).toEqual([{ stream, version: 2_400 }]);
    while (calls.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await store.close();
  } finally {
    await server.stop();
  }
});
