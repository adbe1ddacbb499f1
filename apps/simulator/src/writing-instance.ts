import { FeedRelay, type Projection, StoreFeed } from '@mizan/messaging';
import { CheckedClock, type Origin } from '@mizan/writer';
import { type Ask, JournalReader, OpenLedgers, type Reply } from '@mizan/writer/ledger';
import type { BooksTransaction } from './books.js';
import type { Cluster } from './cluster.js';
import { AssetsFrom, type Connections } from './connections.js';
import type { Machine } from './machine.js';

/** What a test may put something else in the place of. */
export interface Parts extends Connections {
  readonly projection: Projection<BooksTransaction>;
}

/** One process of `transfers`: its writers and its relay, over ports that lead to the cluster. */
export class WritingInstance {
  private readonly ledgers: OpenLedgers;
  private readonly relay: FeedRelay;

  constructor(
    cluster: Cluster,
    readonly machine: Machine,
    parts: Parts,
    bounds: { readonly maxOpen: number; readonly idleMs: number },
  ) {
    const { time } = machine;
    const store = parts.store(cluster, machine);
    const texts = parts.texts(cluster, machine);
    const find = (wanted: Parameters<typeof texts.find>[0]) => texts.find(wanted);
    const clock = new CheckedClock(
      () => time.now + machine.clockOffsetMs,
      () => time.now,
    );
    const reader = new JournalReader(store, new StoreFeed(store, find));
    const ports = { store, reader, texts, ids: parts.ids(cluster, machine), assets: new AssetsFrom(machine), clock, log: () => undefined };
    this.ledgers = new OpenLedgers(ports, parts.leases(cluster, machine, machine.name), parts.unattended(cluster, machine), bounds);
    this.relay = new FeedRelay({
      name: 'journal',
      store,
      texts: find,
      tokens: parts.relayTokens(cluster, machine),
      publisher: {
        connect: async () => ({
          send: (messages) =>
            machine.call('the bus', () => {
              if (machine.misfortune.strikes('bus silent')) throw new Error('The bus did not take it.');
              cluster.bus.push(...messages);
            }),
          close: async () => undefined,
        }),
      },
    });
  }

  start(): void {
    void this.ledgers.start();
    this.relay.start();
  }

  /** As the caller sees it: where the process crashes, the connection breaks. @throws WriterFault, or Error for a broken connection. */
  async ask<A extends Ask>(ledger: { uid: string; tenant: string }, asks: readonly A[], origin: Origin): Promise<Reply<A>[]> {
    const { machine } = this;
    const broken = new Promise<never>((_, reject) => machine.onCrash(() => reject(new Error('The connection broke.'))));
    const answered = async (): Promise<Reply<A>[]> => {
      await machine.turn();
      try {
        return await this.ledgers.ask(ledger, asks, origin);
      } finally {
        await machine.turn();
      }
    };
    return Promise.race([answered(), broken]);
  }

  /** Ends as it is asked to at the end of a deployment. */
  async stop(): Promise<void> {
    await Promise.race([
      Promise.all([this.ledgers.stop(STOP_WITHIN_MS), this.relay.stop()]),
      new Promise<void>((resolve) => this.machine.onCrash(resolve)),
    ]);
    this.machine.crash();
  }
}

const STOP_WITHIN_MS = 1_500;
