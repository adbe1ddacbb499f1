import { hash, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { type FedEvent, type KeptTexts, commitment, canonicalJson, decodeEnvelope } from '@mizan/contracts';
import { migrateService, openPool } from '@mizan/database';
import type pg from 'pg';
import kafkajs from 'kafkajs';
import type { Projection } from './applied-once.js';
import { Inbox, type InboxOptions } from './inbox.js';
import { type Group, type KnownKinds, encodeMessages } from './stream-message.js';
import type { KeptTextsReader } from './kept-texts.js';
import { Poison } from './poison.js';
import { messagingMigrations } from './service/messaging-migrations.js';

/** One stored event: an amount, perhaps in a group, perhaps with words kept beside it. */
export function sumEvent(
  stream: string,
  version: number,
  { group = null, texts = null, padding = '', traceparent = null }: SumEventOptions = {},
): string {
  return canonicalJson({
    id: `${stream}:${version}`,
    type: 'AmountAdded',
    schemaVersion: 1,
    stream,
    version,
    recordedAt: '2026-01-01T00:00:00.000Z',
    actor: 'service:test',
    correlation: null,
    causation: null,
    traceparent,
    data: { amount: String(version * 7), padding },
    ...(group ? { group } : {}),
    ...(texts ? { texts: commitment(texts) } : {}),
  });
}

interface SumEventOptions {
  readonly group?: Group | null;
  readonly texts?: KeptTexts | null;
  readonly padding?: string;
  readonly traceparent?: string | null;
}

/** The kinds of these events. */
export const sumKinds: KnownKinds = { versionOf: (type) => (type === 'AmountAdded' ? 1 : null) };

export const sumEvents = (stream: string, first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => sumEvent(stream, first + index));

export const fed = (stream: string, first: number, last: number): FedEvent[] =>
  sumEvents(stream, first, last).map((event, index) => ({ version: first + index, event, texts: null }));

export const noTexts: KeptTextsReader = async () => new Map();

export function textsInMemory(kept: readonly KeptTexts[]): KeptTextsReader {
  const all = new Map(kept.map((texts) => [commitment(texts), texts]));
  return async (wanted) => new Map(wanted.flatMap(({ commitment }) => (all.has(commitment) ? [[commitment, all.get(commitment)!]] : [])));
}

/** A sum per stream, with a chained hash of the very bytes: an event lost, doubled, altered or out of order changes it. */
export class Sums implements Projection {
  async apply(client: pg.PoolClient, stream: string, events: readonly FedEvent[]): Promise<void> {
    const { rows } = await client.query<SumRow>('select total, events, chain from reader.sums where stream = $1', [stream]);
    let { total, events: count, chain } = rows[0] ?? { total: '0', events: 0, chain: '' };
    for (const { event, version } of events) {
      const { type, data } = decodeEnvelope(event);
      if (type !== 'AmountAdded') throw new Poison(`the type ${type} is unknown`, { stream, version });
      total = String(BigInt(total) + BigInt((data as { amount: string }).amount));
      count++;
      chain = hash('sha256', chain + event);
    }
    await client.query(
      `insert into reader.sums (stream, total, events, chain) values ($1, $2, $3, $4)
       on conflict (stream) do update set total = excluded.total, events = excluded.events, chain = excluded.chain`,
      [stream, total, count, chain],
    );
  }
}

export interface SumRow {
  readonly stream: string;
  readonly total: string;
  readonly events: number;
  readonly chain: string;
}

/** What the read model must be after events 1 to `last` of a stream. */
export function sumOf(stream: string, texts: readonly string[]): SumRow {
  const chain = texts.reduce((before, event) => hash('sha256', before + event), '');
  const total = texts.reduce((sum, event) => sum + BigInt((decodeEnvelope(event).data as { amount: string }).amount), 0n);
  return { stream, total: String(total), events: texts.length, chain };
}

export interface SumsDatabase {
  readonly pool: pg.Pool;
  inbox(options?: Partial<InboxOptions>): Inbox;
  sums(): Promise<SumRow[]>;
  /** As it was in the beginning. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Makes in an empty database the read model `reader.sums`, the tables of an inbox and those of a relay. */
export async function sumsDatabase(database: { readonly adminUrl: string; drop(): Promise<void> }): Promise<SumsDatabase> {
  const pool = openPool({ url: database.adminUrl, name: 'messaging-test', max: 12 });
  await migrateService({ adminUrl: database.adminUrl, service: 'reader', password: 'test', schemas: [messagingMigrations('reader')] });
  await pool.query(
    'create table reader.sums (stream text primary key, total numeric not null, events bigint not null, chain text not null)',
  );
  return {
    pool,
    inbox: (options) => new Inbox({ pool, schema: 'reader', consumer: 'sums', projection: new Sums(), ...options }),
    sums: async () => (await pool.query<SumRow>('select stream, total, events, chain from reader.sums order by stream')).rows,
    clear: async () =>
      void (await pool.query('truncate reader.sums, reader.inbox, reader.feed_tokens, reader.relay_tokens, reader.dead_letters')),
    close: async () => {
      await pool.end();
      await database.drop();
    },
  };
}

export const uniqueName = (): string => `test-${randomBytes(6).toString('hex')}`;

/** Looks again and again until `look` finds what it is looking for. @throws after `deadlineMs`, with what was seen last. */
export async function eventually<T>(look: () => Promise<T> | T, found: (value: T) => boolean, deadlineMs = 60_000): Promise<T> {
  for (const end = Date.now() + deadlineMs; ;) {
    let seen: unknown;
    try {
      const value = await look();
      if (found(value)) return value;
      seen = value;
    } catch (error) {
      // A server that is just coming up is not found yet.
      seen = error;
    }
    if (Date.now() > end) throw new Error(`Not within ${deadlineMs} ms. Last seen: ${inspect(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** A client of the test's own, to look into the broker and to publish by hand. */
export function kafkaAt(brokers: readonly string[]): kafkajs.Kafka {
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId: 'test',
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 8, initialRetryTime: 100 },
  });
}

export async function withAdmin<T>(brokers: readonly string[], work: (admin: kafkajs.Admin) => Promise<T>): Promise<T> {
  const admin = kafkaAt(brokers).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

export async function publish(brokers: readonly string[], topic: string, values: readonly (string | Buffer)[], key = 'a'): Promise<void> {
  const producer = kafkaAt(brokers).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner, allowAutoTopicCreation: false });
  await producer.connect();
  try {
    await producer.send({ topic, messages: values.map((value) => ({ key, value })) });
  } finally {
    await producer.disconnect();
  }
}

export const encoded = (stream: string, events: readonly FedEvent[]): Buffer =>
  encodeMessages(
    stream,
    events,
    events.map(() => null),
  )[0]!.value;

/** Everything that lies in a topic of one partition, which is there from its first message on; none where there is no topic. */
export async function lying(brokers: readonly string[], topic: string): Promise<kafkajs.KafkaMessage[]> {
  const end = await withAdmin(brokers, async (admin) =>
    (await admin.listTopics()).includes(topic) ? Number((await admin.fetchTopicOffsets(topic))[0]!.high) : 0,
  );
  const found: kafkajs.KafkaMessage[] = [];
  if (end === 0) return found;
  const consumer = kafkaAt(brokers).consumer({ groupId: uniqueName(), maxWaitTimeInMs: 100 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachMessage: async ({ message }) => void found.push(message) });
    await eventually(
      () => found.length,
      (count) => count >= end,
    );
  } finally {
    await consumer.disconnect();
  }
  return found;
}
