import { type StreamMessage, type Topic, MAX_MESSAGE_BYTES } from '@mizan/contracts';
import { type EventStore, type FeedToken, InMemoryEventStore } from '@mizan/event-store';
import { type OwnKafka, kafkaBrokers, ownKafka, testDatabase } from '@mizan/testing';
import kafkajs from 'kafkajs';
import { decodeMessage } from './stream-message.js';
import { FEED_TOKEN_HEADER } from './feed-relay.js';
import { TopicRelay, type TopicRelayOptions } from './topic-relay.js';

import { PostgresRelayTokens } from './relay-tokens.js';
import {
  type SumsDatabase,
  eventually,
  kafkaAt,
  noTexts,
  sumEvent,
  sumEvents,
  sumsDatabase,
  textsInMemory,
  uniqueName,
  withAdmin,
} from './sums.fixture.js';

// A broker takes its time on a busy machine.
import.meta.jest.setTimeout(180_000);

/** Ends the connections that hold an advisory lock of this database. */
const endOfClaims = `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
  and database = (select oid from pg_database where datname = current_database())`;

interface Published extends StreamMessage {
  readonly key: string;
  readonly token: string;
  readonly bytes: number;
  readonly headers: Readonly<Record<string, string>>;
}

let database: SumsDatabase;
let brokers: string[];
let release: () => Promise<void>;
let topic: Topic;
let store: EventStore;
const relays: TopicRelay[] = [];

beforeAll(async () => {
  ({ brokers, release } = await kafkaBrokers());
  database = await sumsDatabase(await testDatabase());
}, 300_000);
beforeEach(async () => {
  await database.clear();
  topic = { name: uniqueName(), partitions: 3, retentionMs: 3_600_000 };
  store = new InMemoryEventStore();
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
});
afterAll(async () => {
  await database.close();
  await release();
});

function startRelay(options: Partial<TopicRelayOptions> = {}): TopicRelay {
  const relay = new TopicRelay({
    store,
    texts: noTexts,
    tokens: new PostgresRelayTokens(database.pool, 'reader'),
    brokers,
    topic,
    ...options,
  });
  relays.push(relay);
  relay.start();
  return relay;
}

const storedToken = async (): Promise<string | null> =>
  (await database.pool.query<{ token: string }>('select token from reader.relay_tokens where name = $1', [topic.name])).rows[0]?.token ??
  null;

async function append(stream: string, events: readonly string[]): Promise<FeedToken> {
  expect((await store.append(stream, await store.version(stream), events)).status).toBe('appended');
  return (await store.readAll(null, 100_000)).next!;
}

/** Everything on the topic, per partition in order, once the relay has come to the token. */
async function published(relay: TopicRelay, token: FeedToken, at = brokers): Promise<Published[]> {
  await eventually(
    () => relay.status(),
    ({ lastToken }) => lastToken === token,
    80_000,
  );
  const ends = await withAdmin(at, (admin) => admin.fetchTopicOffsets(topic.name));
  const wanted = ends.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  const consumer = kafkaAt(at).consumer({ groupId: uniqueName(), maxWaitTimeInMs: 100, maxBytesPerPartition: 8 * 1024 * 1024 });
  const found: Published[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic: topic.name, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      found.push({
        ...decodeMessage(message.value),
        key: String(message.key),
        token: String(message.headers![FEED_TOKEN_HEADER]),
        bytes: message.value!.length,
        headers: Object.fromEntries(Object.entries(message.headers!).map(([name, value]) => [name, String(value)])),
      });
    },
  });
  await eventually(
    () => found.length,
    (count) => count >= wanted,
  );
  await consumer.disconnect();
  return found;
}

const textsOf = (messages: readonly Published[], stream: string): string[] =>
  messages.filter((message) => message.stream === stream).flatMap(({ events }) => events.map(({ event }) => event));

describe('the relay', () => {
  describe('and a broker of its own', () => {
    let broker: OwnKafka;
    beforeAll(async () => {
      broker = await ownKafka();
    }, 300_000);
    afterAll(() => broker.stop());

    it('says what it waits for while the broker is gone, keeps the order, and stops all the same', async () => {
      const relay = startRelay({ brokers: broker.brokers });
      await published(relay, await append('a', sumEvents('a', 1, 2)), broker.brokers);
      await broker.kill();
      await append('a', sumEvents('a', 3, 3));
      const waiting = await eventually(
        () => relay.status(),
        ({ state }) => state === 'waiting',
      );
      expect(waiting).toMatchObject({ connected: false, lastError: expect.stringMatching(/./) });
      const token = await append('a', sumEvents('a', 4, 6));
      await broker.restart();
      const texts = textsOf(await published(relay, token, broker.brokers), 'a');
      expect([...new Set(texts)]).toEqual(sumEvents('a', 1, 6));
      await broker.kill();
      await append('a', sumEvents('a', 7, 7));
      await relay.stop();
      expect(relay.status()).toMatchObject({ state: 'stopped', lastToken: token });
    });
  });

  it('publishes each append in order, keyed by its stream, with its token, byte for byte', async () => {
    await append('a', sumEvents('a', 1, 3));
    await append('b', sumEvents('b', 1, 1));
    const relay = startRelay();
    await append('a', sumEvents('a', 4, 4));
    const token = await append('a', sumEvents('a', 5, 9));
    const messages = await published(relay, token);
    expect(textsOf(messages, 'a')).toEqual(sumEvents('a', 1, 9));
    expect(textsOf(messages, 'b')).toEqual(sumEvents('b', 1, 1));
    expect(messages.every(({ key, stream }) => key === stream)).toBe(true);
    expect(messages.filter(({ stream }) => stream === 'a').map(({ events }) => events.length)).toEqual([3, 1, 5]);
    expect(new Set(messages.map((message) => message.token)).size).toBe(4);
    expect(await storedToken()).toBe(token);
    expect(relay.status()).toMatchObject({ state: 'relaying', connected: true, lastToken: token, lastError: null });
  });

  it('says in headers whose the events are, which kinds, and from which version to which', async () => {
    const whose = async (stream: string) => ({ tenant: 'acme', ledger: stream === 'a' ? 'main' : null });
    const relay = startRelay({ origin: { owner: 'sums', whose } });
    await append('a', sumEvents('a', 1, 3));
    const messages = await published(relay, await append('b', sumEvents('b', 1, 1)));
    const said = (of: string) => messages.find(({ stream }) => stream === of)!.headers;
    const kinds = 'AmountAdded/1';
    const whole = { owner: 'sums', tenant: 'acme', ledger: 'main', kinds, 'first-version': '1', 'last-version': '3' };
    expect(said('a')).toEqual({ [FEED_TOKEN_HEADER]: expect.any(String), ...whole });
    expect(said('b')).toEqual({
      [FEED_TOKEN_HEADER]: expect.any(String),
      owner: 'sums',
      tenant: 'acme',
      kinds,
      'first-version': '1',
      'last-version': '1',
    });
  });

  it('makes the topic as it is declared, with room for the largest message', async () => {
    const relay = startRelay();
    await eventually(
      () => relay.status().state,
      (state) => state === 'relaying',
    );
    const config = await withAdmin(brokers, async (admin) => {
      expect((await admin.fetchTopicMetadata({ topics: [topic.name] })).topics[0]!.partitions).toHaveLength(3);
      return admin.describeConfigs({ includeSynonyms: false, resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic.name }] });
    });
    const values = new Map(config.resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]));
    expect(values.get('retention.ms')).toBe('3600000');
    expect(Number(values.get('max.message.bytes'))).toBeGreaterThan(MAX_MESSAGE_BYTES);
  });

  it('joins the words that are kept beside the journal, while they exist', async () => {
    const [kept, erased] = ['Rent for May', 'Erased since'].map((reference, index) => ({
      salt: String(index).repeat(32),
      reference,
      metadata: { k: 'v' },
    }));
    const token = await append('a', [sumEvent('a', 1, { texts: kept! }), sumEvent('a', 2), sumEvent('a', 3, { texts: erased! })]);
    const [message] = await published(startRelay({ texts: textsInMemory([kept!]) }), token);
    expect(message!.events.map(({ texts }) => texts)).toEqual([kept, null, null]);
  });

  it('splits an append by its bytes and never inside a group', async () => {
    const padding = 'x'.repeat(700);
    const group = (first: number, size: number) =>
      Array.from({ length: size }, (_, index) => sumEvent('a', first + index, { group: { first, last: first + size - 1 }, padding }));
    const events = Array.from({ length: 8 }, (_, index) => [
      ...group(index * 501 + 1, 500),
      sumEvent('a', index * 501 + 501, { padding }),
    ]).flat();
    const token = await append('a', events);
    const messages = await published(startRelay(), token);
    expect(messages.length).toBeGreaterThan(1);
    expect(textsOf(messages, 'a')).toEqual(events);
    for (const { events, bytes } of messages) {
      expect(bytes).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
      expect([0, 500]).toContain(events.at(-1)!.version % 501);
    }
  });

  it('publishes again what it published before its token was stored, and stores it then', async () => {
    const token = await append('a', sumEvents('a', 1, 3));
    const real = new PostgresRelayTokens(database.pool, 'reader');
    let killed = 0;
    const relay = startRelay({
      tokens: {
        claim: async (name, signal) => {
          const claim = await real.claim(name, signal);
          const store = async (token: FeedToken): Promise<void> => {
            if (killed++ < 2) await database.pool.query(endOfClaims);
            return claim.store(token);
          };
          return { ...claim, store };
        },
      },
    });
    const messages = await published(relay, token);
    expect(messages.map(({ events }) => events.map(({ version }) => version))).toEqual([
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(await storedToken()).toBe(token);
  });

  it('is active once per database; another takes over where it ended', async () => {
    const first = startRelay();
    await published(first, await append('a', sumEvents('a', 1, 2)));
    const second = startRelay();
    const token = await append('a', sumEvents('a', 3, 4));
    await published(first, token);
    expect(second.status()).toMatchObject({ state: 'waiting', lastError: null });
    await first.stop();
    const messages = await published(second, await append('a', sumEvents('a', 5, 5)));
    expect(textsOf(messages, 'a')).toEqual(sumEvents('a', 1, 5));
  });

  it('makes a deleted topic again and goes on', async () => {
    const relay = startRelay();
    await published(relay, await append('a', sumEvents('a', 1, 2)));
    await withAdmin(brokers, (admin) => admin.deleteTopics({ topics: [topic.name] }));
    const messages = await published(relay, await append('a', sumEvents('a', 3, 4)));
    expect(textsOf(messages, 'a')).toEqual(sumEvents('a', 3, 4));
  });
});
