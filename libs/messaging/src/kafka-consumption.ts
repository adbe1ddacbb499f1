import type { StreamMessage } from '@mizan/contracts';
import { BatchWork } from './batch-work.js';
import type { DeadLetters } from './dead-letters.js';
import { type Log, silent } from './kafka-client.js';
import { type Assigned, GOODBYE_MS, SignsOfLife, session } from './kafka-session.js';
import { backoffMs, pause, within } from './patience.js';
import type { Place } from './place.js';
import { reasonOf } from './poison.js';

export interface KafkaConsumptionOptions {
  readonly brokers: readonly string[];
  readonly groupId: string;
  readonly topics: readonly string[];
  /**
   * Resolves once the effect of all these messages is durable. Poison says that one of them can never be applied; any other error is
   * tried again for ever. Messages may come again.
   * @param place of the first of them.
   */
  readonly handle: (messages: readonly StreamMessage[], place: Place) => Promise<void>;
  /**
   * What becomes of a message that can never be applied. halt (the default): nothing is applied after it, for readers whose work needs
   * order. park: it goes to the dead letters, and those behind it are handled, for readers whose work needs none.
   */
  readonly poison?: 'halt' | { readonly park: DeadLetters };
  /** Called once, when the consumption halts. */
  readonly onHalt?: (halt: Halt) => void;
  readonly log?: Log;
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
  readonly assigned: readonly Assigned[];
  /** The last fetch, heartbeat or join, RFC 3339. */
  readonly lastActivity: string | null;
  readonly lastError: string | null;
  readonly since: string;
  readonly halted: Halt | null;
}

const FIRST_RETRY_MS = 250;
const MOST_RETRY_MS = 5_000;

/**
 * Consumes topics batch by batch: the offset of a batch is committed after its effect, never before. What goes wrong ends the session
 * with the broker; the next one begins with a new client, for ever, with growing pauses.
 */
export class KafkaConsumption {
  private readonly log: Log;
  private readonly work: BatchWork;
  private readonly life = new SignsOfLife();
  private stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private state: KafkaStatus['state'] = 'stopped';
  private since = new Date().toISOString();
  private assigned: readonly Assigned[] = [];
  private lastError: string | null = null;
  private halted: Halt | null = null;

  constructor(private readonly options: KafkaConsumptionOptions) {
    this.log = options.log ?? silent;
    this.work = new BatchWork(
      options,
      (halt) => this.halt(halt),
      (error) => (this.lastError = error),
    );
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
    const { lastMs, ceased } = this.life;
    return {
      state: this.state,
      healthy: this.state === 'consuming' && !ceased,
      groupId: this.options.groupId,
      assigned: this.assigned,
      lastActivity: lastMs === null ? null : new Date(lastMs).toISOString(),
      lastError: this.lastError,
      since: this.since,
      halted: this.halted,
    };
  }

  private async run(signal: AbortSignal): Promise<void> {
    const { brokers, groupId, topics } = this.options;
    for (let failures = 0; !signal.aborted;) {
      let hasJoined = false;
      const joined = (assigned: readonly Assigned[]): void => {
        hasJoined = true;
        this.lastError = null;
        this.assigned = assigned;
        this.become('consuming');
      };
      const { log, life, work } = this;
      try {
        await session({ brokers, groupId, topics, log, life, joined, eachBatch: (...batch) => work.take(...batch) }, signal);
      } catch (error) {
        if (signal.aborted) return;
        failures = hasJoined ? 1 : failures + 1;
        this.lastError = reasonOf(error);
        this.become('waiting');
        this.log('warn', 'Kafka consumption stopped and tries again', { groupId, failures, error: this.lastError });
        await pause(backoffMs(failures, FIRST_RETRY_MS, MOST_RETRY_MS), signal);
      } finally {
        this.assigned = [];
      }
    }
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
}
