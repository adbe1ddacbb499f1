import type { StreamMessage } from '@mizan/contracts';
import { SpanKind } from '@opentelemetry/api';
import type kafkajs from 'kafkajs';
import { inTraces, tracesOf } from './carried-traces.js';
import { decodeMessage } from './stream-message.js';
import { silent } from './kafka-client.js';
import type { Halt, KafkaConsumptionOptions } from './kafka-consumption.js';
import { HEARTBEAT_MS } from './kafka-session.js';
import { backoffMs, pause } from './patience.js';
import { type Place, inWords } from './place.js';
import { Denied, Halted, NotApplied, Poison, reasonOf } from './poison.js';

const ATTEMPTS_PER_BATCH = 4;
/** Of a message alone, where what cannot be applied is parked. */
const ATTEMPTS_BEFORE_PARKING = 3;
const FIRST_RETRY_MS = 250;
const MOST_RETRY_MS = 5_000;

/** A message as Kafka has it, and what it says. */
interface Decoded {
  readonly raw: kafkajs.KafkaMessage;
  readonly message: StreamMessage;
}
/** Messages that follow one another and can be read, or one that cannot. */
type Run = { readonly decoded: readonly Decoded[] } | { readonly raw: kafkajs.KafkaMessage; readonly poison: Poison };

/** What is done with a batch: decode, hand over, commit; and what becomes of a message that can never be applied. */
export class BatchWork {
  constructor(
    private readonly options: KafkaConsumptionOptions,
    private readonly halt: (halt: Halt) => void,
    /** Hears of each failure that is tried again, and null when it has passed. */
    private readonly failing: (error: string | null) => void,
  ) {}

  /** Messages before a poisonous one are still applied. @throws Poison once it has halted; anything else, and the batch comes again. */
  async take(payload: kafkajs.EachBatchPayload, signal: AbortSignal): Promise<void> {
    for (const run of runsOf(payload.batch.messages)) {
      await beating(payload, () =>
        'poison' in run ? this.unreadable(payload, run.raw, run.poison) : this.apply(payload, run.decoded, signal),
      );
      await commit(payload, 'poison' in run ? run.raw : run.decoded.at(-1)!.raw);
    }
  }

  private unreadable(payload: kafkajs.EachBatchPayload, raw: kafkajs.KafkaMessage, poison: Poison): Promise<void> {
    const place = placeIn(payload, raw);
    return this.giveUp(raw, place, poison, `the message ${inWords(place)} cannot be read: ${poison.message}`);
  }

  private async apply(payload: kafkajs.EachBatchPayload, decoded: readonly Decoded[], signal: AbortSignal): Promise<void> {
    try {
      if (decoded.length > 1) return await this.handled(payload, decoded, signal);
    } catch (error) {
      if (!(error instanceof Poison)) throw error;
    }
    // Not every poison says which message it is: each is tried by itself, and those before it are applied.
    for (const one of decoded) {
      await this.alone(payload, one, signal);
      await commit(payload, one.raw);
    }
  }

  private async alone(payload: kafkajs.EachBatchPayload, one: Decoded, signal: AbortSignal): Promise<void> {
    const place = placeIn(payload, one.raw);
    for (let failures = 1; ; failures++) {
      try {
        return await this.handled(payload, [one], signal);
      } catch (error) {
        if (!(error instanceof Poison)) throw error;
        if (error instanceof Halted) {
          this.halt({ ...place, reason: error.message });
          throw error;
        }
        const decided = this.policy === 'halt' || error instanceof Denied || failures >= ATTEMPTS_BEFORE_PARKING;
        if (decided) return this.giveUp(one.raw, place, error, wordsOf(error, one.message, place));
        await pause(backoffMs(failures, FIRST_RETRY_MS, MOST_RETRY_MS), signal);
      }
    }
  }

  /** A few attempts; then the session ends and the batch comes again. */
  private async handled(payload: kafkajs.EachBatchPayload, decoded: readonly Decoded[], signal: AbortSignal): Promise<void> {
    const place = placeIn(payload, decoded[0]!.raw);
    const messages = decoded.map(({ message }) => message);
    const traceparents = function* () {
      for (const { raw } of decoded) yield raw.headers?.['traceparent']?.toString() ?? null;
      yield* tracesOf(messages);
    };
    const attempt = (): Promise<void> => this.options.handle(messages, place);
    await inTraces(`process ${place.topic}`, SpanKind.CONSUMER, attributesOf(place, messages.length), traceparents, async () => {
      for (let failures = 1; ; failures++) {
        signal.throwIfAborted();
        try {
          await attempt();
          return this.failing(null);
        } catch (error) {
          this.failing(reasonOf(error));
          if (error instanceof Poison || failures >= ATTEMPTS_PER_BATCH) throw error;
          this.log('warn', 'A batch could not be applied; it is tried again', { ...place, failures, error: reasonOf(error) });
          await pause(backoffMs(failures, FIRST_RETRY_MS, MOST_RETRY_MS), signal);
        }
      }
    });
  }

  /** Halts, or parks the message; halts also where it cannot be parked, since what is neither applied nor kept is lost. */
  private async giveUp(raw: kafkajs.KafkaMessage, place: Place, poison: Poison, reason: string): Promise<void> {
    if (this.policy === 'halt') {
      this.halt({ ...place, reason });
      throw poison;
    }
    try {
      await this.policy.park.park(raw, { from: place, group: this.options.groupId, reason });
    } catch (error) {
      if (mayPass(error)) throw new NotApplied(error);
      this.halt({ ...place, reason: `${reason} The message cannot be parked either: ${reasonOf(error)}` });
      throw poison;
    }
    this.log('error', 'A message was parked with the dead letters', { ...place, reason });
    this.failing(null);
  }

  private get policy(): NonNullable<KafkaConsumptionOptions['poison']> {
    return this.options.poison ?? 'halt';
  }
  private get log(): NonNullable<KafkaConsumptionOptions['log']> {
    return this.options.log ?? silent;
  }
}

function* runsOf(messages: readonly kafkajs.KafkaMessage[]): Generator<Run> {
  let decoded: Decoded[] = [];
  for (const raw of messages) {
    try {
      decoded.push({ raw, message: decodeMessage(raw.value) });
    } catch (error) {
      if (!(error instanceof Poison)) throw error;
      if (decoded.length > 0) yield { decoded };
      decoded = [];
      yield { raw, poison: error };
    }
  }
  if (decoded.length > 0) yield { decoded };
}

/** Keeps this member in the group while `work` runs, however long that takes. */
async function beating(payload: kafkajs.EachBatchPayload, work: () => Promise<void>): Promise<void> {
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

async function commit(payload: kafkajs.EachBatchPayload, { offset }: kafkajs.KafkaMessage): Promise<void> {
  const { topic, partition } = payload.batch;
  payload.resolveOffset(offset);
  await payload.commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset: String(BigInt(offset) + 1n) }] }] });
}

const placeIn = ({ batch: { topic, partition } }: kafkajs.EachBatchPayload, { offset }: kafkajs.KafkaMessage): Place => ({
  topic,
  partition,
  offset,
});

/** A refused event may also be one that was fetched from the feed, to fill a gap before the message. */
function wordsOf(poison: Poison, { stream, events }: StreamMessage, place: Place): string {
  const { at, message } = poison;
  if (poison instanceof Denied) return `the message ${inWords(place)} is not in the feed: ${message}`;
  const isHere = stream === at?.stream && events.some(({ version }) => version === at.version);
  return isHere ? `the message ${inWords(place)} holds ${message}` : message;
}

/** A broker that is away may come back; one that refuses will refuse again. */
function mayPass(error: unknown): boolean {
  const { name, retriable } = error as { name?: string; retriable?: boolean };
  return retriable === true || name === 'KafkaJSNumberOfRetriesExceeded';
}

const attributesOf = ({ topic, partition, offset }: Place, count: number) => ({
  'messaging.system': 'kafka',
  'messaging.operation.type': 'process',
  'messaging.destination.name': topic,
  'messaging.destination.partition.id': String(partition),
  'messaging.kafka.offset': Number(offset),
  'messaging.batch.message_count': count,
});
