import { setTimeout as pause } from 'node:timers/promises';
import type { FedEvent } from '@mizan/contracts';
import { openPool } from '@mizan/database';
import { type Feed, Follower, Inbox } from '@mizan/messaging';
import type pg from 'pg';
import { type ReadModel, shadowSchema } from './read-model.js';
import { count, eventsOf, versionsIn } from './stream-versions.js';

const CONNECTIONS = 4;
const LOOK_EVERY_MS = 100;
const TELL_EVERY_MS = 5_000;

/** What the shadow tables are filled from, and who waits for it. */
export interface Source {
  readonly model: ReadModel;
  /** The service's role: fills the tables. */
  readonly url: string;
  readonly feed: Feed;
  /** What is going on, for whoever waits. */
  readonly step: (text: string) => void;
  /** Breaks it off. */
  readonly signal: AbortSignal;
}

/** Fills the shadow tables as the service fills those that are read: the same projection, fed by the feed alone. */
export class Filling {
  private readonly pool: pg.Pool;
  private readonly inbox: Inbox;
  private readonly follower: Follower;

  constructor(
    private readonly source: Source,
    /** A connection that must live as long as this goes on. */
    private readonly keeper: pg.Client,
  ) {
    const { url, feed } = source;
    const { service, schema: live, consumer, kinds, projection } = source.model;
    const schema = shadowSchema(live);
    this.pool = openPool({ url, name: `${service}_rebuild`, max: CONNECTIONS });
    this.inbox = new Inbox({ pool: this.pool, schema, consumer, projection: projection(schema) });
    this.follower = new Follower({ inbox: this.inbox, feed, kinds, bus: 'feed' });
  }

  /** Applies what there is, and stops where nothing more was waiting. @param expected how many events there are at least */
  async toTheEnd(expected: number): Promise<void> {
    const { follower, keeper } = this;
    const { signal, step, model } = this.source;
    const { schema, consumer, called } = model;
    const began = Date.now();
    follower.start();
    for (let told = began; ;) {
      signal.throwIfAborted();
      const { state, halted, lastError, lag } = follower.status();
      if (halted !== null) throw new Error(`The ${called.source} cannot be applied: ${halted}`);
      // Whoever shares the disk needs it more.
      if (lastError !== null && /No space left on device/.test(lastError))
        throw new Error(`The disk of the database is full: ${lastError}. The ${called.tables} need as much again until the switch.`);
      if (state === 'following') break;
      if (Date.now() - told >= TELL_EVERY_MS) {
        told = Date.now();
        const done = eventsOf(await versionsIn(keeper, shadowSchema(schema), consumer));
        const text = progress(done, Math.max(expected, done + lag), told - began);
        step(lastError === null ? text : `${text}; ${lastError}`);
      }
      // It also shows that the keeper's connection still lives.
      await keeper.query('SELECT');
      await pause(LOOK_EVERY_MS);
    }
    await this.standStill();
  }

  /** Nothing is being written any more. */
  private async standStill(): Promise<void> {
    await this.follower.stop();
    while (this.pool.idleCount < this.pool.totalCount) await pause(LOOK_EVERY_MS);
  }

  /** Applies what follows in one stream, while nothing else is written. */
  async receive(stream: string, events: readonly FedEvent[]): Promise<void> {
    await this.inbox.receive([{ stream, events }]);
  }

  async end(): Promise<void> {
    await this.follower.stop();
    await this.pool.end();
  }
}

/** @param ms since the first event. */
function progress(done: number, events: number, ms: number): string {
  const left = done === 0 ? '' : `, about ${count(Math.ceil(((Math.max(0, events - done) / done) * ms) / 1_000))} s left`;
  return `${count(done)} of ${count(events)} events${left}`;
}
