import kafkajs from 'kafkajs';
import type { Topic } from '@mizan/contracts';
import { FeedRelay, type FeedRelayOptions, type Message, type Publisher, type Publishing } from './feed-relay.js';
import { type Log, ensureTopic, kafkaClient, silent } from './kafka-client.js';
import { within } from './patience.js';

export interface TopicRelayOptions extends Omit<FeedRelayOptions, 'name' | 'publisher'> {
  readonly brokers: readonly string[];
  readonly topic: Topic;
}

/** Publishes the streams of an owner on its Kafka topic, which it creates where it is missing. */
export class TopicRelay extends FeedRelay {
  constructor({ brokers, topic, ...options }: TopicRelayOptions) {
    super({ ...options, name: topic.name, publisher: new KafkaPublisher(brokers, topic, options.log ?? silent) });
  }
}

const ALL = -1;
const GOODBYE_MS = 1_200;

class KafkaPublisher implements Publisher {
  constructor(
    private readonly brokers: readonly string[],
    private readonly topic: Topic,
    private readonly log: Log,
  ) {}

  async connect(): Promise<Publishing> {
    const kafka = kafkaClient(this.brokers, 'mizan-relay', this.log);
    await ensureTopic(kafka, this.topic);
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      retry: { retries: 3 },
    });
    try {
      await producer.connect();
    } catch (error) {
      await within(GOODBYE_MS, producer.disconnect());
      throw error;
    }
    const send = async (messages: readonly Message[]): Promise<void> => {
      await producer.send({ topic: this.topic.name, acks: ALL, timeout: 5_000, messages: [...messages] });
    };
    return { send, close: () => producer.disconnect() };
  }
}
