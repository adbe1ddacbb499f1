import type { INestApplication } from '@nestjs/common';
import { type StreamMessage, type Topic, deadLettersOf } from '@mizan/contracts';
import { type Metrics, type Readiness, type Token, writeLog } from '@mizan/platform';
import type { Pool } from 'pg';
import type { Projection } from '../applied-once.js';
import { DeadLetters } from '../dead-letters.js';
import type { Feed } from '../feed.js';
import { Follower } from '../follower.js';
import { HandledEvents, type Handler, type Refused } from '../handled-events.js';
import { Inbox } from '../inbox.js';
import { KafkaStrategy } from '../kafka.strategy.js';
import type { KnownKinds } from '../stream-message.js';

/** What a service hears of one topic, and what it does with it. */
export interface Hearing {
  /** One word for it: `journal`. */
  readonly name: string;
  readonly topic: Topic;
  /** The owner's feed, which has what the topic brings and what it does not. */
  readonly feed: Feed;
  readonly kinds: KnownKinds;
  /** The service's schema, which has the tables of `messagingMigrations`. */
  readonly schema: string;
  /** The name of its place in the feed, and of its group at Kafka. */
  readonly consumer: string;
  readonly bus: 'kafka' | 'feed';
  readonly brokers: readonly string[];
  /** A read model; or a handler of single events, which may get one again. */
  readonly into: Projection | { readonly handle: Handler; readonly refused: Refused };
  /** What people call it where it stands still: `The books`. */
  readonly called: string;
  /** What else its readiness says. */
  readonly detail?: () => Promise<Readonly<Record<string, unknown>>>;
}

/** One topic heard. Where it halts, it halts alone. */
export class Subscription {
  readonly follower: Follower;
  /** Null where the feed alone is the bus. */
  readonly strategy: KafkaStrategy | null;

  constructor(
    private readonly hearing: Hearing,
    pool: Pool,
    readiness: Readiness,
    metrics: Metrics,
  ) {
    const { schema, consumer, feed, kinds, bus, into } = hearing;
    const inbox =
      'handle' in into
        ? new HandledEvents({ pool, schema, consumer, handler: into.handle, refused: into.refused })
        : new Inbox({ pool, schema, consumer, projection: into });
    this.follower = new Follower({ inbox, feed, kinds, bus, log: writeLog });
    this.strategy = bus === 'feed' ? null : this.kafka();
    this.sayHowItIs(readiness);
    this.measure(metrics);
  }

  start(): void {
    this.follower.start();
  }

  /** Before the database closes. */
  stop(): Promise<void> {
    return this.follower.stop();
  }

  /** For the `@EventPattern` of its topic. */
  receive(messages: readonly StreamMessage[]): Promise<void> {
    return this.follower.receive(messages);
  }

  private kafka(): KafkaStrategy {
    const { topic, consumer, brokers, into } = this.hearing;
    return new KafkaStrategy({
      topic: topic.name,
      brokers,
      groupId: consumer,
      onHalt: ({ reason }) => this.follower.halt(reason),
      log: writeLog,
      ...('handle' in into && into.refused === 'park' ? { poison: { park: new DeadLetters(brokers, deadLettersOf(topic)) } } : {}),
    });
  }

  private sayHowItIs(readiness: Readiness): void {
    const { name, called, detail = async () => ({}) } = this.hearing;
    readiness.register(name, async () => {
      // Anyone may read this, and streams are of all tenants: no word of any one of them.
      const { halted, streams: _, ...status } = this.follower.status();
      if (halted !== null) throw new Error(`${called} stand still: ${halted}`);
      return { ...status, ...(await detail()) };
    });
    // Without a broker the feed brings everything, so reads go on.
    if (this.strategy)
      readiness.register(name === 'journal' ? 'kafka' : `kafka-${name}`, async () => {
        const { assigned: _1, halted: _2, ...status } = this.strategy?.kafka() ?? { assigned: [], halted: null };
        return status;
      });
  }

  private measure(metrics: Metrics): void {
    const { topic } = this.hearing;
    metrics.gaugeOf('mizan_projection_lag_seconds', LAG, 'topic', topic.name, () => this.follower.lagSeconds());
    metrics.gaugeOf('mizan_consumer_halted', HALTED, 'topic', topic.name, () => (this.follower.status().halted === null ? 0 : 1));
  }
}

const LAG = 'Age of the oldest event that is known to exist and not applied; 0 where there is none.';
const HALTED = '1 where a subscription stands still at something that cannot be understood, else 0.';

/** For `bootstrap`: listens to Kafka for each of these, where it is the bus. */
export const connectTo =
  (...subscriptions: readonly Token<Subscription>[]) =>
  async (app: INestApplication): Promise<void> => {
    const strategies = subscriptions.flatMap((of) => app.get<Subscription>(of).strategy ?? []);
    for (const strategy of strategies) app.connectMicroservice({ strategy });
    if (strategies.length > 0) await app.startAllMicroservices();
  };
