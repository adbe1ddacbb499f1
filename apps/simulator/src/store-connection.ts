import {
  type AppendLimits,
  AppendRefused,
  type Appended,
  Bell,
  type EventStore,
  type FeedPage,
  type FeedToken,
  liveFeed,
} from '@mizan/event-store';
import type { Cluster } from './cluster.js';
import { Disconnected, type Machine } from './machine.js';

const POLL_MS = 100;
const LATEST_MS = 3_000;

/** The event store as one process reaches it: an append may be lost, or be there though nobody said so, or arrive long after its connection broke. */
export class StoreConnection implements EventStore {
  private readonly bell = new Bell();

  get limits(): AppendLimits {
    return this.cluster.store.limits;
  }

  constructor(
    protected readonly cluster: Cluster,
    protected readonly machine: Machine,
  ) {}

  async append(stream: string, expectedVersion: number, events: readonly string[]): Promise<Appended> {
    const { machine } = this;
    await machine.turn();
    if (machine.misfortune.strikes('store busy')) {
      await machine.time.sleep(machine.latency());
      throw new AppendRefused('The store is busy.', true);
    }
    if (machine.misfortune.strikes('append arrives late')) {
      machine.time.after(machine.dice.between(1, LATEST_MS), () => void this.arrive(stream, expectedVersion, events));
      await machine.time.sleep(machine.latency());
      throw new Disconnected('the append');
    }
    const appended = await machine.call('the append', () => this.arrive(stream, expectedVersion, events));
    this.bell.ring();
    return appended;
  }

  /** The append reaches the store. */
  protected async arrive(stream: string, expectedVersion: number, events: readonly string[]): Promise<Appended> {
    const appended = await this.cluster.store.append(stream, expectedVersion, events);
    if (appended.status === 'appended') this.cluster.noteAppend(stream, events.length);
    return appended;
  }

  read(stream: string, after: number, limit: number) {
    return this.machine.call('a read of the journal', () => this.cluster.store.read(stream, after, limit));
  }

  readBackwards(stream: string, before: number, limit: number) {
    return this.machine.call('a read of the journal', () => this.cluster.store.readBackwards(stream, before, limit));
  }

  version(stream: string) {
    return this.machine.call('a read of the journal', () => this.cluster.store.version(stream));
  }

  readAll(after: FeedToken | null, limit: number) {
    return this.machine.call('the feed', () => this.cluster.store.readAll(after, limit));
  }

  heads(after: FeedToken | null, limit: number) {
    return this.machine.call('the feed', () => this.cluster.store.heads(after, limit));
  }

  subscribe(after: FeedToken | null, signal: AbortSignal): AsyncIterable<FeedPage> {
    return liveFeed(this, after, signal, this.bell, POLL_MS);
  }
}
