import type { Appended, FeedHeads, FeedPage, FeedToken, StoredEvent } from '@mizan/event-store';
import { placeOf, tokenAt } from '@mizan/event-store';
import { type Cluster } from '../cluster.js';
import type { Machine } from '../machine.js';
import { StoreConnection } from '../store-connection.js';
import type { Planted } from './planted.js';

const SOON_MS = 30;

/** Says that it is written, and writes it a little later. */
class AnswersBeforeDurable extends StoreConnection {
  private readonly waiting = new Map<string, number>();

  override async append(stream: string, expectedVersion: number, events: readonly string[]): Promise<Appended> {
    const { machine, cluster, waiting } = this;
    const actual = Math.max(await cluster.store.version(stream), waiting.get(stream) ?? 0);
    if (actual !== expectedVersion) return { status: 'conflict', actual };
    const version = expectedVersion + events.length;
    waiting.set(stream, version);
    machine.time.after(SOON_MS, () => {
      if (machine.alive) void this.arrive(stream, expectedVersion, events);
    });
    await machine.time.sleep(machine.latency());
    await machine.turn();
    return { status: 'appended', version };
  }
}

/** Looks at the version, and then writes, whatever has been written meanwhile. */
class ChecksBeforeTheWrite extends StoreConnection {
  protected override async arrive(stream: string, expectedVersion: number, events: readonly string[]): Promise<Appended> {
    const { cluster, machine } = this;
    const actual = await cluster.store.version(stream);
    if (actual !== expectedVersion) return { status: 'conflict', actual };
    await machine.time.sleep(machine.dice.between(1, 400));
    return super.arrive(stream, await cluster.store.version(stream), events);
  }
}

/** Tells its subscribers of an append when it is on its way. */
class PublishesBeforeCommit extends StoreConnection {
  private readonly early: { stream: string; first: number; events: readonly string[] }[] = [];

  override append(stream: string, expectedVersion: number, events: readonly string[]): Promise<Appended> {
    this.early.push({ stream, first: expectedVersion + 1, events });
    return super.append(stream, expectedVersion, events);
  }

  override async *subscribe(after: FeedToken | null, signal: AbortSignal): AsyncGenerator<FeedPage> {
    while (!signal.aborted) {
      await this.machine.time.sleep(10);
      await this.machine.turn();
      const appends = this.early.splice(0).map((append) => ({ ...append, token: tokenAt(1) }));
      if (appends.length > 0) yield { appends, next: after };
    }
  }
}

/** Reads past the places of appends that are still on their way. */
class PassesLateCommits extends StoreConnection {
  private static readonly onTheirWay = new WeakMap<Cluster, Set<symbol>>();
  private readonly open: Set<symbol>;

  constructor(cluster: Cluster, machine: Machine) {
    super(cluster, machine);
    const { onTheirWay } = PassesLateCommits;
    if (!onTheirWay.has(cluster)) onTheirWay.set(cluster, new Set());
    this.open = onTheirWay.get(cluster)!;
  }

  override async append(stream: string, expectedVersion: number, events: readonly string[]): Promise<Appended> {
    const place = Symbol(stream);
    this.open.add(place);
    try {
      return await super.append(stream, expectedVersion, events);
    } finally {
      this.open.delete(place);
    }
  }

  override async readAll(after: FeedToken | null, limit: number): Promise<FeedPage> {
    const page = await super.readAll(after, limit);
    return { ...page, next: this.past(page.next) };
  }

  override async heads(after: FeedToken | null, limit: number): Promise<FeedHeads> {
    const page = await super.heads(after, limit);
    return { ...page, next: this.past(page.next) };
  }

  private past(next: FeedToken | null): FeedToken | null {
    return this.open.size === 0 ? next : tokenAt(placeOf(next) + this.open.size);
  }
}

/** Says that a journal ends where this process itself has last seen it end. */
class RemembersTheEnd extends StoreConnection {
  private readonly ends = new Map<string, number>();

  override async append(stream: string, expectedVersion: number, events: readonly string[]): Promise<Appended> {
    const appended = await super.append(stream, expectedVersion, events);
    if (appended.status === 'appended') this.ends.set(stream, appended.version);
    return appended;
  }

  override async read(stream: string, after: number, limit: number): Promise<readonly StoredEvent[]> {
    const page = await super.read(stream, after, limit);
    this.ends.set(stream, Math.max(this.ends.get(stream) ?? 0, page.at(-1)?.version ?? 0));
    return page;
  }

  override version(stream: string): Promise<number> {
    return this.machine.call('a read of the journal', () => this.ends.get(stream) ?? 0);
  }
}

export const inTheStore: readonly Planted[] = [
  {
    name: 'answer before durable',
    foundAs: /not durable|had been told|right at no length/,
    parts: () => ({ store: (cluster, machine) => new AnswersBeforeDurable(cluster, machine) }),
  },
  {
    name: 'fence checked before the write',
    foundAs: /it follows #/,
    parts: () => ({ store: (cluster, machine) => new ChecksBeforeTheWrite(cluster, machine) }),
  },
  {
    name: 'a writer that does not see that another wrote',
    foundAs: /right at no length|never expired/,
    parts: () => ({ store: (cluster, machine) => new RemembersTheEnd(cluster, machine) }),
  },
  {
    name: 'publish before commit',
    foundAs: /The books at .* (lack|say|have .*, which was never posted)/,
    parts: () => ({ store: (cluster, machine) => new PublishesBeforeCommit(cluster, machine) }),
  },
  {
    name: 'reader that passes a late commit',
    foundAs: /do not catch up/,
    parts: () => ({ store: (cluster, machine) => new PassesLateCommits(cluster, machine) }),
  },
];
