import type { FedEvent } from '@mizan/contracts';
import type pg from 'pg';
import type { Projection } from './applied-once.js';
import { Poison } from './poison.js';

/** An event for a handler. It may come again; `id` is the same then. */
export interface HeardEvent extends FedEvent {
  readonly stream: string;
  /** `<stream>@<version>` */
  readonly id: string;
}

/** @throws Poison for an event that it refuses for good. Any other error is tried again. */
export type Handler = (event: HeardEvent) => Promise<void>;

/** What becomes of an event that the handler refuses: nothing is handled after it, or it is noted in `dead_letters` and those behind it go on. */
export type Refused = 'halt' | 'park';

const REASON_CHARACTERS = 1_000;

/** Hands each event to a handler, at least once. Its place moves once the handler is done. */
export class HandledEvents implements Projection {
  /** @param schema that has the table `dead_letters`. */
  constructor(
    private readonly handler: Handler,
    private readonly refused: Refused,
    private readonly schema: string,
    private readonly consumer: string,
  ) {}

  async apply(client: pg.PoolClient, stream: string, events: readonly FedEvent[]): Promise<void> {
    for (const event of events) {
      try {
        await this.handler({ ...event, stream, id: `${stream}@${event.version}` });
      } catch (error) {
        if (!(error instanceof Poison) || this.refused === 'halt') throw error;
        await client.query(
          `insert into ${this.schema}.dead_letters (consumer, stream, version, reason) values ($1, $2, $3, $4) on conflict do nothing`,
          [this.consumer, stream, event.version, error.message.slice(0, REASON_CHARACTERS)],
        );
      }
    }
  }
}
