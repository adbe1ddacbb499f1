import { type StreamMessage, type Topic, MAX_MESSAGE_BYTES } from '@mizan/contracts';
import { kafkaBrokers } from '@mizan/testing';
import { DeadLetters } from './dead-letters.js';
import { FRAMING_BYTES, ensureTopic } from './kafka-client.js';
import { KafkaConsumption, type KafkaConsumptionOptions } from './kafka-consumption.js';
import { Poison } from './poison.js';
import { encoded, eventually, fed, kafkaAt, lying, publish, uniqueName, withAdmin } from './sums.fixture.js';

// A broker takes its time on a busy machine.
import.meta.jest.setTimeout(180_000);

let brokers: string[];
let release: () => Promise<void>;
let topic: string;
let ofTheDead: Topic;
let letters: DeadLetters;
const running: KafkaConsumption[] = [];

beforeAll(async () => {
  ({ brokers, release } = await kafkaBrokers());
}, 300_000);
beforeEach(async () => {
  topic = uniqueName();
  ofTheDead = { name: `${topic}.dead-letter`, partitions: 1, retentionMs: 3_600_000 };
  letters = new DeadLetters(brokers, ofTheDead);
  await ensureTopic(kafkaAt(brokers), { name: topic, partitions: 1, retentionMs: 3_600_000 });
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});
afterAll(() => release());

type Handler = (messages: readonly StreamMessage[]) => Promise<void>;

/** A reader whose work needs no order. */
function consume(handle: Handler, options: Partial<KafkaConsumptionOptions> = {}): KafkaConsumption {
  const consumption = new KafkaConsumption({ brokers, groupId: topic, topics: [topic], handle, poison: { park: letters }, ...options });
  consumption.start();
  running.push(consumption);
  return consumption;
}

const versionsOf = (messages: readonly StreamMessage[]): number[] => messages.flatMap(({ events }) => events.map(({ version }) => version));
const single = (version: number): Buffer => encoded('a', fed('a', version, version));
const committed = (): Promise<string> =>
  withAdmin(brokers, async (admin) => (await admin.fetchOffsets({ groupId: topic, topics: [topic] }))[0]!.partitions[0]!.offset);
const upTo = (offset: string): Promise<string> => eventually(committed, (found) => found === offset);
/** The dead letters: where from, and why. */
const parked = async (): Promise<{ from: string; reason: string; bytes: number }[]> =>
  (await lying(brokers, ofTheDead.name)).map(({ headers, value }) => ({
    from: String(headers?.['dead-letter-from']),
    reason: String(headers?.['dead-letter-reason']),
    bytes: value?.length ?? 0,
  }));

/** Refuses one version, as often as it is told to. */
function refusing(version: number, times: number): { readonly handle: Handler; readonly seen: Set<number>; readonly refused: number[] } {
  const seen = new Set<number>();
  const refused: number[] = [];
  const handle: Handler = async (messages) => {
    const versions = versionsOf(messages);
    if (versions.includes(version) && refused.length < times) {
      refused.push(versions.length);
      throw new Poison('nobody has this account', { stream: 'a', version });
    }
    for (const one of versions) seen.add(one);
  };
  return { handle, seen, refused };
}

describe('a reader that parks what it cannot apply', () => {
  it('parks it with its reason after a few tries, as it was, and handles the ones behind it', async () => {
    const { handle, seen, refused } = refusing(2, Infinity);
    await publish(brokers, topic, [single(1), 'Not a message', single(2), single(3)], 'key-a');
    const consumption = consume(handle);
    await upTo('4');
    expect([...seen]).toEqual([1, 3]);
    // Once with its neighbour, then alone.
    expect(refused).toEqual([2, 1, 1, 1]);
    expect(consumption.status()).toMatchObject({ state: 'consuming', healthy: true, lastError: null, halted: null });

    expect(await parked()).toEqual([
      { from: `${topic}/0@1`, reason: `the message ${topic}/0@1 cannot be read: The message is not JSON (13 characters).`, bytes: 13 },
      expect.objectContaining({ from: `${topic}/0@2`, reason: `the message ${topic}/0@2 holds a@2: nobody has this account` }),
    ]);
    const kept = await lying(brokers, ofTheDead.name);
    expect(kept.map(({ key, value }) => [String(key), String(value)])).toEqual([
      ['key-a', 'Not a message'],
      ['key-a', String(single(2))],
    ]);
  });

  it('parks also the largest message that a topic takes', async () => {
    const largest = Buffer.alloc(MAX_MESSAGE_BYTES + FRAMING_BYTES - 1_000, 'x');
    await publish(brokers, topic, [largest]);
    consume(async () => {});
    await upTo('1');
    expect(await parked()).toMatchObject([{ from: `${topic}/0@0`, bytes: largest.length }]);
  });

  it('parks nothing because of a fault that passes', async () => {
    let failures = 0;
    const seen: number[] = [];
    await publish(brokers, topic, [single(1), single(2)]);
    consume(async (messages) => {
      if (failures++ < 6) throw new Error('the database is away');
      seen.push(...versionsOf(messages));
    });
    await upTo('2');
    expect(seen).toEqual([1, 2]);
    expect(await parked()).toEqual([]);
  });

  it('halts where the broker does not take the dead letter: nothing is lost, nothing behind it is handled', async () => {
    await withAdmin(brokers, (admin) =>
      admin.createTopics({
        topics: [{ topic: ofTheDead.name, numPartitions: 1, configEntries: [{ name: 'max.message.bytes', value: '100' }] }],
      }),
    );
    const seen: number[] = [];
    await publish(brokers, topic, [single(1), 'Not a message', single(3)]);
    const consumption = consume(async (messages) => void seen.push(...versionsOf(messages)));
    await eventually(
      () => consumption.status().state,
      (state) => state === 'halted',
    );
    expect(consumption.status().halted).toMatchObject({
      topic,
      offset: '1',
      reason: expect.stringMatching(/cannot be read: .* cannot be parked either: .*larger than/),
    });
    expect(seen).toEqual([1]);
    expect(await committed()).toBe('1');
  });
});

describe('a dead letter', () => {
  it('keeps the bytes and the headers that it came with, and says for whom it was parked, and when', async () => {
    const headers = { 'feed-token': Buffer.from('7') };
    await letters.park({ key: null, value: single(1), headers }, { from: { topic, partition: 0, offset: '5' }, group: 'x', reason: 'y' });
    const [letter] = await lying(brokers, ofTheDead.name);
    expect(letter!.value?.equals(single(1))).toBe(true);
    const said = Object.fromEntries(Object.entries(letter!.headers!).map(([name, value]) => [name, String(value)]));
    expect(said).toEqual({
      'feed-token': '7',
      'dead-letter-from': `${topic}/0@5`,
      'dead-letter-group': 'x',
      'dead-letter-reason': 'y',
      'dead-letter-at': expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
  });
});
