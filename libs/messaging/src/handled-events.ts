import type { FedEvent, StreamMessage } from '@mizan/contracts';
import type pg from 'pg';
import { type Gap, type Received, byStream, contiguousAfter } from './applied-once.js';
import { PostgresProgress } from './inbox.js';
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

export interface HandledEventsOptions {
  readonly pool: pg.Pool;
  /** The service's schema, with the tables of `messagingMigrations`. */
  readonly schema: string;
  readonly consumer: string;
  readonly handler: Handler;
  readonly refused: Refused;
}

const REASON_CHARACTERS = 1_000;

/**
 * Hands single events to a handler, those of a stream in order. Its place moves after each, in a short transaction of its own: a handler may take
 * its time, and after a crash gets again at most the event that it was at.
 */
export class HandledEvents {
  private readonly progress: PostgresProgress;

  constructor(private readonly options: HandledEventsOptions) {
    this.progress = new PostgresProgress(options);
  }

  async receive(messages: readonly StreamMessage[]): Promise<Received> {
    const seen = byStream(messages);
    const versions = await this.progress.versions([...seen.keys()]);
    const gaps: Gap[] = [];
    for (const [stream, events] of seen) {
      for (const event of contiguousAfter(versions.get(stream)!, events)) {
        await this.moveTo(stream, event.version, await this.handle(stream, event));
        versions.set(stream, event.version);
      }
      const [applied, last] = [versions.get(stream)!, events.at(-1)!.version];
      if (last > applied) gaps.push({ stream, applied, seen: last });
    }
    return { versions, gaps };
  }

  versions(streams: readonly string[]): Promise<Map<string, number>> {
    return this.progress.versions(streams);
  }

  token(): Promise<string | null> {
    return this.progress.token();
  }

  storeToken(token: string): Promise<void> {
    return this.progress.storeToken(token);
  }

  /** @returns why it is refused, where it is to be parked; null where it was handled. */
  private async handle(stream: string, event: FedEvent): Promise<string | null> {
    try {
      await this.options.handler({ ...event, stream, id: `${stream}@${event.version}` });
      return null;
    } catch (error) {
      if (!(error instanceof Poison) || this.options.refused === 'halt') throw error;
      return error.message.slice(0, REASON_CHARACTERS);
    }
  }

  private async moveTo(stream: string, version: number, refused: string | null): Promise<void> {
    const { schema, consumer } = this.options;
    await this.progress.transaction(async (client) => {
      // Another instance may have come further.
      const at = (await this.progress.lock(client, [stream])).get(stream)!;
      if (at < version) await this.progress.advance(client, new Map([[stream, version]]));
      if (refused === null) return;
      await client.query(
        `insert into ${schema}.dead_letters (consumer, stream, version, reason) values ($1, $2, $3, $4) on conflict do nothing`,
        [consumer, stream, version, refused],
      );
    });
  }
}
