import type { JournalMessage } from '@mizan/contracts';
import { SpanKind } from '@opentelemetry/api';
import type kafkajs from 'kafkajs';
import { inTraces, tracesOf } from './carried-traces.js';
import { decodeMessage } from './journal-message.js';
import { type Log, kafkaClient, silent } from './kafka-client.js';
import { backoffMs, pause, unlessAborted, within } from './patience.js';
import { Poison, reasonOf } from './poison.js';

export interface KafkaConsumptionOptions {
  readonly brokers: readonly string[];
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Resolves once the batch's effect is durable. Poison halts the consumption; any other error is tried again. */
  readonly handle: (messages: readonly JournalMessage[], place: Place) => Promise<void>;
  /** Called once, when a message was found that nobody can apply. */
  readonly onHalt?: (halt: Halt) => void;
  readonly log?: Log;
}

export interface Place {
  readonly topic: string;
  readonly partition: number;
  /** Of the batch's first message. */
  readonly offset: string;
}

export interface Halt extends Place {
  readonly reason: string;
}

export interface KafkaStatus {
  /** waiting: not joined yet, or something failed (see lastError) and is tried again. */
  readonly state: 'stopped' | 'waiting' | 'consuming' | 'halted';
  /** Consuming, with signs of life. False says nothing against serving reads: the feed goes on. */
  readonly healthy: boolean;
  readonly groupId: string;
  readonly assigned: readonly { readonly topic: string; readonly partition: number }[];
  /** The last fetch, heartbeat or join, RFC 3339. */
  readonly lastActivity: string | null;
  readonly lastError: string | null;
  readonly since: string;
  readonly halted: Halt | null;
}

const SESSION_TIMEOUT_MS = 6_000;
const HEARTBEAT_MS = 1_000;
/** Without a fetch or a heartbeat for this long the client has silently stopped: it is thrown away and the group joined anew. */
const SILENCE_MS = 15_000;
const WATCH_MS = 1_000;
const ATTEMPTS_PER_BATCH = 4;
const FIRST_RETRY_MS = 250;
const MOST_RETRY_MS = 5_000;
const GOODBYE_MS = 2_000;

/**
 * Consumes topics batch by batch: the offset of a batch is committed after its effect, never before. What goes wrong ends the session
 * with the broker; the next one begins with a new client, for ever, with growing pauses.
 */
export class KafkaConsumption {
  private readonly log: Log;
  private stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private state: KafkaStatus['state'] = 'stopped';
  private since = new Date().toISOString();
  private assigned: KafkaStatus['assigned'] = [];
  private lastActivityMs: number | null = null;
  private lastError: string | null = null;
  private halted: Halt | null = null;

  constructor(private readonly options: KafkaConsumptionOptions) {
    this.log = options.log ?? silent;
  }

  start(): void {
    if (this.state !== 'stopped') return;
    this.stopping = new AbortController();
    this.become('waiting');
    this.running = this.run(this.stopping.signal);
  }

  /** Within 3 s, also when the broker is gone. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await within(GOODBYE_MS + 500, this.running);
    if (this.state !== 'halted') this.become('stopped');
  }

  status(): KafkaStatus {
    return {
      state: this.state,
      healthy: this.state === 'consuming' && !this.silent(),
      groupId: this.options.groupId,
      assigned: this.assigned,
      lastActivity: this.lastActivityMs === null ? null : new Date(this.lastActivityMs).toISOString(),
      lastError: this.lastError,
      since: this.since,
      halted: this.halted,
    };
  }

  private async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      let joined = false;
      try {
        await this.session(signal, () => (joined = true));
      } catch (error) {
        if (signal.aborted) return;
        failures = joined ? 1 : failures + 1;
        this.lastError = reasonOf(error);
        this.become('waiting');
        this.log('warn', 'Kafka consumption stopped and tries again', { groupId: this.options.groupId, failures, error: this.lastError });
        await pause(backoffMs(failures, FIRST_RETRY_MS, MOST_RETRY_MS), signal);
      }
    }
  }

  /** One client, from joining the group until something fails. Rejects always, but for a stop. */
  private async session(stop: AbortSignal, joined: () => void): Promise<void> {
    const over = new AbortController();
    const signal = AbortSignal.any([stop, over.signal]);
    const consumer = kafkaClient(this.options.brokers, this.options.groupId, this.log).consumer({
      groupId: this.options.groupId,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: 30_000,
      maxWaitTimeInMs: 250,
      maxBytesPerPartition: 1024 * 1024,
      maxBytes: 4 * 1024 * 1024,
      allowAutoTopicCreation: false,
      retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: async () => false },
    });
    this.listenTo(consumer, over, joined);
    this.alive();
    const watchdog = setInterval(() => {
      if (this.silent()) over.abort(new Error(`No fetch and no heartbeat for ${SILENCE_MS / 1_000} s.`));
    }, WATCH_MS);
    try {
      await unlessAborted(this.consume(consumer, over, signal), signal);
      await unlessAborted(new Promise<never>(() => {}), signal);
    } finally {
      clearInterval(watchdog);
      over.abort();
      this.assigned = [];
      await within(GOODBYE_MS, consumer.disconnect());
    }
  }

  private async consume(consumer: kafkajs.Consumer, over: AbortController, signal: AbortSignal): Promise<void> {
    await consumer.connect();
    await consumer.subscribe({ topics: [...this.options.topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async (payload) => {
        try {
          await this.batch(payload, signal);
        } catch (error) {
          // Kafka's own errors (a rebalance, above all) are for its client. Any other ends the session.
          if (!isKafkas(error)) over.abort(error);
          throw error;
        }
      },
    });
  }

  private listenTo(consumer: kafkajs.Consumer, over: AbortController, joined: () => void): void {
    const { FETCH, HEARTBEAT, GROUP_JOIN, CRASH } = consumer.events;
    // A client that was thrown away may go on talking.
    const now =
      <T>(listener: (event: T) => void) =>
      (event: T): void => {
        if (!over.signal.aborted) listener(event);
      };
    consumer.on(
      FETCH,
      now(() => this.alive()),
    );
    consumer.on(
      HEARTBEAT,
      now(() => this.alive()),
    );
    consumer.on(
      GROUP_JOIN,
      now(({ payload }: kafkajs.ConsumerGroupJoinEvent) => {
        this.alive();
        joined();
        this.lastError = null;
        this.assigned = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
          partitions.map((partition) => ({ topic, partition })),
        );
        this.become('consuming');
      }),
    );
    consumer.on(
      CRASH,
      now(({ payload }: kafkajs.ConsumerCrashEvent) => over.abort(payload.error)),
    );
  }

  /** Decode, hand over, commit. Messages before a poisonous one are still applied. */
  private async batch(payload: kafkajs.EachBatchPayload, signal: AbortSignal): Promise<void> {
    const { topic, partition } = payload.batch;
    const { messages, offsets, poison } = decodeBatch(payload.batch.messages);
    const place: Place = { topic, partition, offset: payload.batch.firstOffset() ?? '0' };
    if (messages.length > 0) {
      try {
        const traceparents = function* () {
          for (const { headers } of payload.batch.messages.slice(0, messages.length)) yield headers?.traceparent?.toString() ?? null;
          yield* tracesOf(messages);
        };
        await inTraces(`process ${topic}`, SpanKind.CONSUMER, attributesOf(place, messages.length), traceparents, () =>
          this.beating(payload, () => this.handled(messages, place, signal)),
        );
      } catch (error) {
        if (error instanceof Poison)
          this.halt({ ...place, offset: offsetOf(error, messages, offsets) ?? place.offset, reason: error.message });
        throw error;
      }
      const last = offsets.at(-1)!;
      payload.resolveOffset(last);
      await payload.commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset: String(BigInt(last) + 1n) }] }] });
    }
    if (poison) {
      const at = `${topic}/${partition}@${poison.offset}`;
      this.halt({ topic, partition, offset: poison.offset, reason: `the message ${at} is none of the journal's: ${poison.error.message}` });
      throw poison.error;
    }
  }

  /** A few attempts; then the session ends and the batch comes again. */
  private async handled(messages: readonly JournalMessage[], place: Place, signal: AbortSignal): Promise<void> {
    for (let failures = 1; ; failures++) {
      signal.throwIfAborted();
      try {
        await this.options.handle(messages, place);
        this.lastError = null;
        return;
      } catch (error) {
        this.lastError = reasonOf(error);
        if (error instanceof Poison || failures >= ATTEMPTS_PER_BATCH) throw error;
        this.log('warn', 'A batch could not be applied; it is tried again', { ...place, failures, error: this.lastError });
        await pause(backoffMs(failures, FIRST_RETRY_MS, MOST_RETRY_MS), signal);
      }
    }
  }

  /** Keeps this member in the group while `work` runs, however long that takes. */
  private async beating(payload: kafkajs.EachBatchPayload, work: () => Promise<void>): Promise<void> {
    let lost: unknown = null;
    const beat = setInterval(() => {
      payload.heartbeat().catch((error: unknown) => (lost ??= error));
    }, HEARTBEAT_MS);
    try {
      await work();
    } finally {
      clearInterval(beat);
    }
    // Another member has these partitions by now; what was applied twice changes nothing.
    if (lost !== null) throw lost;
  }

  private halt(halt: Halt): void {
    if (this.halted !== null) return;
    this.halted = halt;
    this.become('halted');
    this.log('error', 'Kafka consumption halts', { ...halt });
    this.stopping.abort();
    this.options.onHalt?.(halt);
  }

  private become(state: KafkaStatus['state']): void {
    if (this.state === state) return;
    this.state = state;
    this.since = new Date().toISOString();
  }

  private alive(): void {
    this.lastActivityMs = Date.now();
  }

  private silent(): boolean {
    return this.lastActivityMs !== null && Date.now() - this.lastActivityMs > SILENCE_MS;
  }
}

interface DecodedBatch {
  readonly messages: readonly JournalMessage[];
  /** Of each message. */
  readonly offsets: readonly string[];
  readonly poison: { readonly offset: string; readonly error: Poison } | null;
}

/** The messages up to the first that is none. */
function decodeBatch(raw: readonly kafkajs.KafkaMessage[]): DecodedBatch {
  const messages: JournalMessage[] = [];
  const offsets: string[] = [];
  for (const { value, offset } of raw) {
    try {
      messages.push(decodeMessage(value));
      offsets.push(offset);
    } catch (error) {
      if (!(error instanceof Poison)) throw error;
      return { messages, offsets, poison: { offset, error } };
    }
  }
  return { messages, offsets, poison: null };
}

/** The offset of the message that carries the event a handler stumbled on. */
function offsetOf({ at }: Poison, messages: readonly JournalMessage[], offsets: readonly string[]): string | undefined {
  if (!at) return undefined;
  const index = messages.findIndex(({ stream, events }) => stream === at.stream && events.some(({ version }) => version === at.version));
  return offsets[index];
}

const attributesOf = ({ topic, partition, offset }: Place, count: number) => ({
  'messaging.system': 'kafka',
  'messaging.operation.type': 'process',
  'messaging.destination.name': topic,
  'messaging.destination.partition.id': String(partition),
  'messaging.kafka.offset': Number(offset),
  'messaging.batch.message_count': count,
});

const isKafkas = (error: unknown): boolean => error instanceof Error && error.name.startsWith('KafkaJS');
