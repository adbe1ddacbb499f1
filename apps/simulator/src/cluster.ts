import type { KeptTexts } from '@mizan/contracts';
import { type AppendLimits, type EventStore, type FeedToken, InMemoryEventStore } from '@mizan/event-store';
import type { Standing } from '@mizan/writer/ledger';
import { Books } from './books.js';
import type { Machine } from './machine.js';
import type { VirtualTime } from './virtual-time.js';

/** The index of one journal, as it is on disk. */
export interface IdShelf {
  through: number;
  standing: Standing;
  readonly positions: Map<string, number>;
  /** What became of holds and entries: by their id, position by position. */
  readonly effects: Map<string, Map<number, string | null>>;
}

/** One message as the bus keeps it. */
export interface BusMessage {
  readonly key: string;
  readonly value: Buffer;
}

interface HeldLease {
  owner: string;
  epoch: number;
  until: number;
}

/** Everything that outlives a crash: the disks of the simulated platform. */
export class Cluster {
  readonly store: EventStore;
  /** The tenants of the ledgers there are, by uid. */
  readonly catalog = new Map<string, string>();
  readonly ids = new Map<string, IdShelf>();
  readonly leases = new Map<string, HeldLease>();
  readonly texts = new Map<string, KeptTexts>();
  readonly relayTokens = new Map<string, FeedToken>();
  readonly relayHolders = new Map<string, Machine>();
  readonly bus: BusMessage[] = [];
  /** How far each reader has consumed the bus. */
  readonly offsets = new Map<string, number>();
  readonly books = new Books();
  /** When the event at a version was appended, ms; by stream. */
  readonly appendedAt = new Map<string, number[]>();

  constructor(
    readonly time: VirtualTime,
    limits: AppendLimits,
  ) {
    this.store = new InMemoryEventStore(limits);
  }

  noteAppend(stream: string, events: number): void {
    const moments = this.appendedAt.get(stream) ?? [];
    for (let event = 0; event < events; event++) moments.push(this.time.now);
    this.appendedAt.set(stream, moments);
  }

  idsOf(ledger: string): IdShelf {
    let shelf = this.ids.get(ledger);
    if (!shelf) this.ids.set(ledger, (shelf = emptyShelf()));
    return shelf;
  }
}

const emptyShelf = (): IdShelf => ({
  through: 0,
  standing: { nextExpiry: null, closedThrough: null },
  positions: new Map(),
  effects: new Map(),
});

/** Assets and their decimal places, the same for every tenant. */
export const assets: ReadonlyMap<string, number> = new Map([
  ['CZK', 2],
  ['USD', 2],
  ['POINTS', 0],
]);
