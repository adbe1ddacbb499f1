import { journalKinds } from '@mizan/contracts';
import { AppliedOnce, Follower, NotApplied, Poison, StoreFeed, decodeMessage } from '@mizan/messaging';
import type { Cluster } from './cluster.js';
import type { Machine } from './machine.js';
import type { Parts } from './writing-instance.js';

const LOOK_EVERY_MS = 20;
const MOST_PER_BATCH = 8;

/** One process with a read model: it consumes the bus, and follows the feed. */
export class ReadingInstance {
  private readonly follower: Follower;

  constructor(
    private readonly cluster: Cluster,
    readonly machine: Machine,
    parts: Parts,
    private readonly bus: 'kafka' | 'feed',
  ) {
    const store = parts.store(cluster, machine);
    const texts = parts.texts(cluster, machine);
    const feed = new StoreFeed(store, (wanted) => texts.find(wanted));
    // Few events in a transaction, so that long batches take several.
    const inbox = new AppliedOnce(parts.progress(cluster, machine), parts.projection, 12);
    this.follower = new Follower({ inbox, feed, kinds: journalKinds, bus });
  }

  /** Why it stands still for good, or null. */
  get halted(): string | null {
    return this.follower.status().halted;
  }

  start(): void {
    this.follower.start();
    if (this.bus === 'kafka') void this.consume();
  }

  /** Batch after batch; the offset moves after the effect. Between broker and reader everything may happen to messages. */
  private async consume(): Promise<void> {
    const { cluster, machine } = this;
    const { misfortune, dice, time } = machine;
    while (machine.alive && this.halted === null) {
      await time.sleep(LOOK_EVERY_MS + machine.latency());
      await machine.turn();
      const offset = cluster.offsets.get(machine.name) ?? 0;
      const fetched = cluster.bus.slice(offset, offset + dice.between(1, MOST_PER_BATCH));
      if (fetched.length === 0) continue;
      let batch = fetched.filter(() => !misfortune.strikes('message dropped'));
      batch = batch.flatMap((message) => (misfortune.strikes('message doubled') ? [message, message] : [message]));
      if (misfortune.strikes('messages shuffled')) batch = dice.shuffled(batch);
      try {
        if (batch.length > 0) await this.follower.receive(batch.map(({ value }) => decodeMessage(value)));
        await machine.turn();
        cluster.offsets.set(machine.name, offset + fetched.length);
      } catch (error) {
        if (error instanceof NotApplied) continue;
        if (error instanceof Poison) this.follower.halt(error.message);
        return;
      }
    }
  }
}
