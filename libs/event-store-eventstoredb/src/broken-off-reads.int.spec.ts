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
      connect: async (url) => {
        const client = await eventStoreDbClient(url);
        calls = (client as unknown as { disposableStreams: Set<unknown> }).disposableStreams;
        return client;
      },
    });
    const stream = `journal-${randomUUID()}`;
    // Small ones first, so that more of the large ones are asked for than a page holds.
    await store.append(
      stream,
      0,
      Array.from({ length: 64 }, (_, i) => `${i}`),
    );
    const large = Array.from({ length: 400 }, () => 'x'.repeat(2_000));
    for (let version = 64; version < 3_264; version += 400) await store.append(stream, version, large);
    for (const limit of [8_192, 3_000]) expect((await store.read(stream, 0, limit)).length).toBeGreaterThan(500);
    expect((await store.heads(null, 8_192)).heads).toEqual([{ stream, version: 3_264 }]);
    while (calls.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await store.close();
  } finally {
    await server.stop();
  }
});
