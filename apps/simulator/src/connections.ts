import type { EventStore, FeedToken } from '@mizan/event-store';
import type { Progress, RelayClaim, RelayTokens } from '@mizan/messaging';
import { LEASE_MS, type Lease, type Leases } from '@mizan/writer';
import { Assets, type CommandIds, type IndexEntry, type Standing, type TextsBeside, type UnattendedLedgers } from '@mizan/writer/ledger';
import type { BooksTransaction } from './books.js';
import { type Cluster, type IdShelf, assets } from './cluster.js';
import type { Machine } from './machine.js';
import { StoreConnection } from './store-connection.js';

// What one process sees of the cluster: the ports of the services, each call subject to its machine's misfortunes.

export function idsFrom(cluster: Cluster, machine: Machine): CommandIds {
  const ask = <T>(ledger: string, look: (shelf: IdShelf) => T): Promise<T> =>
    machine.call('the index of ids', () => look(cluster.idsOf(ledger)));
  return {
    positions: (ledger, ids) => ask(ledger, ({ positions }) => found(ids, positions)),
    effects: (ledger, ids) =>
      ask(ledger, ({ effects }) => {
        const later = [...found(ids, effects)].map(([id, byPosition]) => {
          const places = [...byPosition].sort(([one], [other]) => one - other);
          return [id, { last: places.at(-1)![0], by: places.flatMap(([, by]) => by ?? []) }] as const;
        });
        return new Map(later);
      }),
    followed: (ledger) => ask(ledger, ({ through, standing }) => ({ through, closedThrough: standing.closedThrough })),
    add: (ledger, entries, through, standing) => ask(ledger, (shelf) => addTo(shelf, entries, through, standing)),
  };
}

export function addTo(shelf: IdShelf, entries: readonly IndexEntry[], through: number, standing: Standing): void {
  for (const { position, spent, later } of entries) {
    if (spent !== null && !shelf.positions.has(spent)) shelf.positions.set(spent, position);
    if (!later) continue;
    const effects = shelf.effects.get(later.id) ?? new Map<number, string | null>();
    shelf.effects.set(later.id, effects.set(position, later.by));
  }
  if (shelf.through > through) return;
  shelf.through = through;
  shelf.standing = standing;
}

function found<T>(ids: readonly string[], kept: ReadonlyMap<string, T>): Map<string, T> {
  return new Map(ids.flatMap((id) => (kept.has(id) ? [[id, kept.get(id)!] as const] : [])));
}

export function leasesFrom({ leases, time }: Cluster, machine: Machine, owner: string): Leases {
  const mine = ({ uid, epoch }: Lease) => {
    const lease = leases.get(uid);
    return lease?.owner === owner && lease.epoch === epoch ? lease : null;
  };
  return {
    take: (uid) =>
      machine.call('the leases', () => {
        const lease = leases.get(uid) ?? { owner, epoch: 0, until: NEVER };
        if (lease.owner !== owner && lease.until > time.now) return { owner: lease.owner, forMs: lease.until - time.now };
        const taken = { owner, epoch: lease.epoch + 1, until: time.now + LEASE_MS };
        leases.set(uid, taken);
        return { uid, epoch: taken.epoch };
      }),
    renew: (held) =>
      machine.call('the leases', () => {
        const renewed = held.filter((lease) => mine(lease));
        for (const lease of renewed) mine(lease)!.until = time.now + LEASE_MS;
        return { held: new Set(renewed.map(({ uid }) => uid)), databaseNow: time.now };
      }),
    release: (held) =>
      machine.call('the leases', () => {
        for (const lease of held) {
          const found = mine(lease);
          if (found) found.until = lease.settled ? NEVER : time.now;
        }
      }),
  };
}

/** Where a hold has fallen due, or a writer did not end as it should. */
export function unattendedFrom({ leases, catalog, ids, time }: Cluster, machine: Machine): UnattendedLedgers {
  const waits = (uid: string): boolean => {
    const until = leases.get(uid)?.until;
    if (until === undefined || until > time.now) return false;
    const due = ids.get(uid)?.standing.nextExpiry ?? null;
    return until !== NEVER || (due !== null && due <= time.now);
  };
  return {
    find: (limit) =>
      machine.call('the leases', () =>
        [...catalog]
          .filter(([uid]) => waits(uid))
          .slice(0, limit)
          .map(([uid, tenant]) => ({ uid, tenant })),
      ),
  };
}

export function textsFrom({ texts }: Cluster, machine: Machine): TextsBeside {
  return {
    keep: (_, kept) => machine.call('the texts', () => kept.forEach((each) => texts.set(each.commitment, each.texts))),
    find: (wanted) =>
      machine.call(
        'the texts',
        () => new Map(wanted.flatMap(({ commitment }) => (texts.has(commitment) ? [[commitment, texts.get(commitment)!] as const] : []))),
      ),
  };
}

/** Assets as a process comes to know them: what it has not looked up it does not know. */
export class AssetsFrom extends Assets {
  private readonly known = new Map<string, number>();

  constructor(private readonly machine: Machine) {
    super();
  }

  exponent(_: string, code: string): number | undefined {
    return this.known.get(code);
  }

  async know(_: string, codes: readonly string[]): Promise<void> {
    if (codes.every((code) => this.known.has(code))) return;
    await this.machine.call('the assets', () => {
      for (const code of codes) if (assets.has(code)) this.known.set(code, assets.get(code)!);
    });
  }

  define(): never {
    throw new Error('Nobody defines assets here.');
  }
}

/** A lease that was given back with nothing left to do. */
const NEVER = -Infinity;

const STANDBY_MS = 500;

export function relayTokensFrom({ relayTokens, relayHolders, time }: Cluster, machine: Machine): RelayTokens {
  const held = (name: string): RelayClaim => ({
    read: () => machine.call('the relay’s token', () => relayTokens.get(name) ?? null),
    store: (token: FeedToken) =>
      machine.call('the relay’s token', () => {
        if (relayHolders.get(name) !== machine) throw new Error('The claim was lost.');
        relayTokens.set(name, token);
      }),
    release: async () => {
      if (relayHolders.get(name) === machine) relayHolders.delete(name);
    },
  });
  return {
    claim: async (name, signal) => {
      for (;;) {
        await machine.turn();
        if (!relayHolders.get(name)?.alive) {
          relayHolders.set(name, machine);
          return held(name);
        }
        await time.sleep(STANDBY_MS);
        signal.throwIfAborted();
      }
    },
  };
}

/** The tables of a read model. A transaction whose connection breaks is rolled back, unless its commit had arrived. */
export function progressFrom({ books, time }: Cluster, machine: Machine): Progress<BooksTransaction> {
  return {
    transaction: async (work) => {
      const transaction = books.begin();
      machine.onCrash(() => transaction.rollBack());
      try {
        const result = await work(transaction);
        await machine.call('the commit of the books', () => transaction.commit());
        return result;
      } finally {
        transaction.rollBack();
      }
    },
    lock: async (transaction, streams) => {
      while (!transaction.lock(streams)) await time.sleep(3);
      return machine.call('the books', () => transaction.versions(streams));
    },
    advance: (transaction, versions) => machine.call('the books', () => transaction.advance(versions)),
    versions: (streams) => machine.call('the books', () => books.versions(streams)),
    token: () => machine.call('the books', () => books.token),
    storeToken: (token) =>
      machine.call('the books', () => {
        books.token = token;
      }),
  };
}

/** How a process reaches each part of the cluster. A test may put a faulty part in the place of one. */
export interface Connections {
  readonly store: (cluster: Cluster, machine: Machine) => EventStore;
  readonly ids: (cluster: Cluster, machine: Machine) => CommandIds;
  readonly leases: (cluster: Cluster, machine: Machine, owner: string) => Leases;
  readonly unattended: (cluster: Cluster, machine: Machine) => UnattendedLedgers;
  readonly texts: (cluster: Cluster, machine: Machine) => TextsBeside;
  readonly relayTokens: (cluster: Cluster, machine: Machine) => RelayTokens;
  readonly progress: (cluster: Cluster, machine: Machine) => Progress<BooksTransaction>;
}

export const connections: Connections = {
  store: (cluster, machine) => new StoreConnection(cluster, machine),
  ids: idsFrom,
  leases: leasesFrom,
  unattended: unattendedFrom,
  texts: textsFrom,
  relayTokens: relayTokensFrom,
  progress: progressFrom,
};
