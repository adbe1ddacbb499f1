import type kafkajs from 'kafkajs';
import { type Log, kafkaClient } from './kafka-client.js';
import { unlessAborted, within } from './patience.js';

export interface Assigned {
  readonly topic: string;
  readonly partition: number;
}

export interface SessionOptions {
  readonly brokers: readonly string[];
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly log: Log;
  /** Kafka's own errors (a rebalance, above all) are for its client; any other ends the session. */
  readonly eachBatch: (payload: kafkajs.EachBatchPayload, signal: AbortSignal) => Promise<void>;
  readonly joined: (assigned: readonly Assigned[]) => void;
  readonly life: SignsOfLife;
}

const SESSION_TIMEOUT_MS = 6_000;
export const HEARTBEAT_MS = 1_000;
/** Without a fetch or a heartbeat for this long the client has silently stopped: it is thrown away and the group joined anew. */
const SILENCE_MS = 15_000;
const WATCH_MS = 1_000;
export const GOODBYE_MS = 2_000;

/** Fetches, heartbeats and joins. */
export class SignsOfLife {
  lastMs: number | null = null;

  alive(): void {
    this.lastMs = Date.now();
  }
  get ceased(): boolean {
    return this.lastMs !== null && Date.now() - this.lastMs > SILENCE_MS;
  }
}

/** One client, from joining the group until something fails. Rejects always, but for a stop. */
export async function session(options: SessionOptions, stop: AbortSignal): Promise<void> {
  const { brokers, groupId, log, life } = options;
  const over = new AbortController();
  const signal = AbortSignal.any([stop, over.signal]);
  const consumer = kafkaClient(brokers, groupId, log).consumer({
    groupId,
    sessionTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    rebalanceTimeout: 30_000,
    maxWaitTimeInMs: 250,
    maxBytesPerPartition: 1024 * 1024,
    maxBytes: 4 * 1024 * 1024,
    allowAutoTopicCreation: false,
    retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: async () => false },
  });
  listen(consumer, options, over);
  life.alive();
  const watchdog = setInterval(() => {
    if (life.ceased) over.abort(new Error(`No fetch and no heartbeat for ${SILENCE_MS / 1_000} s.`));
  }, WATCH_MS);
  try {
    await unlessAborted(consume(consumer, options, over, signal), signal);
    await unlessAborted(new Promise<never>(() => {}), signal);
  } finally {
    clearInterval(watchdog);
    over.abort();
    await within(GOODBYE_MS, consumer.disconnect());
  }
}

async function consume(consumer: kafkajs.Consumer, options: SessionOptions, over: AbortController, signal: AbortSignal): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topics: [...options.topics], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: async (payload) => {
      try {
        await options.eachBatch(payload, signal);
      } catch (error) {
        if (!isKafkas(error)) over.abort(error);
        throw error;
      }
    },
  });
}

function listen(consumer: kafkajs.Consumer, { joined, life }: SessionOptions, over: AbortController): void {
  const { FETCH, HEARTBEAT, GROUP_JOIN, CRASH } = consumer.events;
  // A client that was thrown away may go on talking.
  const now =
    <T>(listener: (event: T) => void) =>
    (event: T): void => {
      if (!over.signal.aborted) listener(event);
    };
  const alive = now(() => life.alive());
  consumer.on(FETCH, alive);
  consumer.on(HEARTBEAT, alive);
  consumer.on(
    GROUP_JOIN,
    now(({ payload }: kafkajs.ConsumerGroupJoinEvent) => {
      life.alive();
      joined(
        Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition }))),
      );
    }),
  );
  consumer.on(
    CRASH,
    now(({ payload }: kafkajs.ConsumerCrashEvent) => over.abort(payload.error)),
  );
}

const isKafkas = (error: unknown): boolean => error instanceof Error && error.name.startsWith('KafkaJS');
