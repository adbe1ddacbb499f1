import { ownEventStoreDb } from '@mizan/testing';
import { randomUUID } from 'node:crypto';
import { EventStoreDbStore } from './eventstoredb-store.js';

it('journals belong to one database: another is refused, and one that misses its own is, too', async () => {
  const [server, other] = [await ownEventStoreDb(), await ownEventStoreDb()];
  const [one, two] = [randomUUID(), randomUUID()];
  const open = async (url: string, identity: string, isKnown: boolean): Promise<void> => {
    const store = await EventStoreDbStore.open({ url, kinds: ['journal'], owner: { identity, isKnown } });
    expect((await store.heads(null, 10)).heads).toEqual([]);
    await store.close();
  };
  try {
    await Promise.all([open(server.url, one, false), open(server.url, one, false), open(server.url, one, false)]);
    await open(server.url, one, true);
    await server.kill();
    await server.restart();
    await open(server.url, one, false);
    await expect(open(server.url, two, false)).rejects.toThrow(`belong to another database (its name there is ${one}, this one's ${two})`);
    await expect(open(other.url, one, true)).rejects.toThrow('does not have the journals of this database');
    await open(other.url, two, false);
  } finally {
    await Promise.all([server.stop(), other.stop()]);
  }
});

it("a database that is known for one kind may add others, where they are nobody else's", async () => {
  const server = await ownEventStoreDb();
  const [one, two] = [randomUUID(), randomUUID()];
  const open = async (kinds: string[], identity: string, isKnown: boolean): Promise<void> => {
    const store = await EventStoreDbStore.open({ url: server.url, kinds, owner: { identity, isKnown } });
    await store.close();
  };
  try {
    await open(['journal'], one, false);
    await open(['payout'], two, false);
    await open(['journal', 'refund'], one, true);
    await expect(open(['journal', 'payout'], one, true)).rejects.toThrow(`its name there is ${two}`);
    await expect(open(['refund'], two, true)).rejects.toThrow(`its name there is ${one}`);
  } finally {
    await server.stop();
  }
});

it('of two databases that come at once to an empty store, one has it', async () => {
  const server = await ownEventStoreDb();
  try {
    const identities = Array.from({ length: 6 }, () => randomUUID());
    const opened = await Promise.allSettled(
      identities.map((identity) => EventStoreDbStore.open({ url: server.url, kinds: ['journal'], owner: { identity, isKnown: false } })),
    );
    const stores = opened.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(stores).toHaveLength(1);
    await stores[0]!.close();
  } finally {
    await server.stop();
  }
});
