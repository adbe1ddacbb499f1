import { BaseRpcContext, type CustomTransportStrategy, Server } from '@nestjs/microservices';
import type { StreamMessage } from '@mizan/contracts';
import { isObservable, lastValueFrom } from 'rxjs';
import { KafkaConsumption, type KafkaConsumptionOptions, type KafkaStatus } from './kafka-consumption.js';
import type { Place } from './place.js';

export interface KafkaStrategyOptions extends Omit<KafkaConsumptionOptions, 'topics' | 'handle'> {
  /** Which of the patterns it listens to: each topic has a transport of its own, so that a halt stops one alone. */
  readonly topic: string;
}

/** Where a batch came from; offsets as Kafka writes them. */
export class BatchContext extends BaseRpcContext<[Place]> {
  get place(): Place {
    return this.args[0];
  }
}

/**
 * The transport between Kafka and `@EventPattern<string>('<topic>')`: the handler gets a whole batch (`StreamMessage[]`) and resolves
 * once its effect is durable; only then does the offset move. Listening never waits for the broker.
 */
export class KafkaStrategy extends Server implements CustomTransportStrategy {
  override readonly propagatesEventHandlerErrors = true;
  private consumption: KafkaConsumption | null = null;

  constructor(private readonly options: KafkaStrategyOptions) {
    super();
  }

  listen(callback: () => void): void {
    const { topic, ...options } = this.options;
    if (!this.messageHandlers.has(topic))
      throw new Error(`Nothing handles the topic ${topic}: a consumer with @EventPattern('${topic}') is missing.`);
    this.consumption = new KafkaConsumption({
      ...options,
      topics: [topic],
      handle: (messages, place) => this.handle(messages, new BatchContext([place])),
    });
    this.consumption.start();
    callback();
  }

  async close(): Promise<void> {
    await this.consumption?.stop();
  }

  /** Null before `listen`. */
  kafka(): KafkaStatus | null {
    return this.consumption?.status() ?? null;
  }

  /** Unlike the handling it inherits, this one waits for the handler's end, well or badly. */
  private handle(messages: readonly StreamMessage[], context: BatchContext): Promise<void> {
    const handler = this.messageHandlers.get(context.place.topic)!;
    return new Promise((resolve, reject) => {
      this.runWithProcessingHooks(context, async (runEndHook) => {
        await finished(handler(messages, context)).then(resolve, reject);
        runEndHook();
      });
    });
  }

  on(): never {
    throw new Error('Ask kafka() for the state of this transport; it has no events.');
  }

  unwrap<T>(): T {
    return this.consumption as T;
  }
}

async function finished(answer: Promise<unknown>): Promise<void> {
  const result = await answer;
  if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
}
