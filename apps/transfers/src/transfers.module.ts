import { type DynamicModule, Injectable, Module, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import type { OpenEventStore } from '@mizan/event-store';
import { PostgresEventStore } from '@mizan/event-store-postgres';
import { JournalRelay, PostgresRelayTokens, StoreFeed } from '@mizan/messaging';
import { Cursors, Database, Metrics, Readiness, log, sampled } from '@mizan/platform';
import type { Pool } from 'pg';
import { AccountsController } from './accounts.controller.js';
import { Assets } from './assets.js';
import { PostgresAssets } from './assets.postgres.js';
import { CheckedClock } from './checked-clock.js';
import { PostgresCommandIds } from './command-ids.postgres.js';
import { CommandDesk } from './command-desk.js';
import { CommandsController } from './commands.controller.js';
import { EntriesController } from './entries.controller.js';
import type { TransfersEnvironment } from './environment.js';
import { FEED, FeedController } from './feed.controller.js';
import { ForwardingFilter } from './forwarding.filter.js';
import { Forwarding } from './forwarding.js';
import { HoldsController } from './holds.controller.js';
import { JournalController } from './journal.controller.js';
import { JournalReader } from './journal-reader.js';
import { journalSchema } from './journal-schema.js';
import { keepJournalsIn, theStoreKnows } from './journals-kept-in.postgres.js';
import { LedgerCatalog } from './ledger-catalog.js';
import { PostgresLedgerCatalog } from './ledger-catalog.postgres.js';
import { Ledgers } from './ledgers.js';
import { LedgersController } from './ledgers.controller.js';
import { PostgresLeases } from './leases.postgres.js';
import { MeasuredLedgers } from './measured-ledgers.js';
import { observedStore } from './observed-store.js';
import { OpenLedgers } from './open-ledgers.js';
import { PostingMetrics } from './posting-metrics.js';
import { PostgresTexts } from './texts.postgres.js';
import { PostgresUnattendedLedgers } from './unattended-ledgers.postgres.js';

/** Connections beside the store's own: the relay's one, and the rest for the indexes. */
const MAX_CONNECTIONS = 6;
const DRAIN_WITHIN_MS = 1_500;
/** How often the database is asked for what only metrics want to know, at most, ms. */
const SAMPLE_MS = 5_000;

@Module({})
class TransfersModule {}

/** The writers begin when all is wired, and end before the database does. */
@Injectable()
class Service implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly store: OpenEventStore,
    private readonly ledgers: OpenLedgers,
    private readonly relay: JournalRelay | null,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.ledgers.start();
    this.relay?.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.ledgers.stop(DRAIN_WITHIN_MS);
    await this.relay?.stop();
    await this.store.close();
  }
}

export function transfersModule(environment: TransfersEnvironment): DynamicModule {
  const { DATABASE_URL, EVENT_STORE, EVENTSTORE_URL, TRANSFERS_URL, BUS, KAFKA_BROKERS } = environment;
  const openStore = async (pool: Pool): Promise<OpenEventStore> => {
    const owner = await keepJournalsIn(EVENT_STORE, pool);
    if (EVENTSTORE_URL === null) return PostgresEventStore.open({ url: DATABASE_URL, schema: journalSchema.schema });
    const { EventStoreDbStore } = await import('@mizan/event-store-eventstoredb');
    const opened = await EventStoreDbStore.open({ url: EVENTSTORE_URL, kinds: ['journal'], owner });
    await theStoreKnows(pool);
    return opened;
  };
  const database = {
    provide: Database,
    inject: [Readiness],
    useFactory: (readiness: Readiness) => new Database({ url: DATABASE_URL, name: 'transfers', max: MAX_CONNECTIONS }, readiness),
  };
  const store = {
    provide: STORE,
    inject: [Database, Readiness],
    useFactory: async ({ pool }: Database, readiness: Readiness) => {
      const opened = await openStore(pool);
      readiness.register('journal', () => opened.check());
      return opened;
    },
  };
  const texts = { provide: PostgresTexts, inject: [Database], useFactory: ({ pool }: Database) => new PostgresTexts(pool) };
  const assets = { provide: Assets, inject: [Database], useFactory: ({ pool }: Database) => new PostgresAssets(pool) };
  const catalog = { provide: LedgerCatalog, inject: [Database], useFactory: ({ pool }: Database) => new PostgresLedgerCatalog(pool) };
  const feed = {
    provide: FEED,
    inject: [STORE, PostgresTexts],
    useFactory: (events: OpenEventStore, beside: PostgresTexts) => new StoreFeed(events, (wanted) => beside.find(wanted)),
  };
  const reader = {
    provide: JournalReader,
    inject: [STORE, FEED],
    useFactory: (events: OpenEventStore, journal: StoreFeed) => new JournalReader(events, journal),
  };
  const ids = { provide: PostgresCommandIds, inject: [Database], useFactory: ({ pool }: Database) => new PostgresCommandIds(pool) };
  const openLedgers = {
    provide: OpenLedgers,
    inject: [Database, STORE, JournalReader, PostgresTexts, PostgresCommandIds, Assets, CheckedClock, Readiness, Metrics, PostingMetrics],
    useFactory: (
      { pool }: Database,
      events: OpenEventStore,
      journal: JournalReader,
      beside: PostgresTexts,
      index: PostgresCommandIds,
      known: Assets,
      clock: CheckedClock,
      readiness: Readiness,
      metrics: Metrics,
      posting: PostingMetrics,
    ) => {
      const store = observedStore(events, (count) => posting.committed(count));
      const ports = { store, reader: journal, texts: beside, ids: index, assets: known, clock, log: say };
      const open = new OpenLedgers(ports, new PostgresLeases(pool, TRANSFERS_URL), new PostgresUnattendedLedgers(pool));
      readiness.register('writer', async () => open.readiness());
      metrics.gauge('mizan_writer_queue_depth', 'Commands that wait for a writer.', () => open.queuedCommands);
      const followed = sampled(SAMPLE_MS, () => index.eventsFollowed());
      metrics.gauge('mizan_journal_position', 'Events in all journals, as far as the index of ids follows them.', followed);
      return open;
    },
  };
  const ledgers = {
    provide: Ledgers,
    inject: [LedgerCatalog, OpenLedgers, JournalReader, PostgresCommandIds, PostingMetrics],
    useFactory: (entries: LedgerCatalog, open: OpenLedgers, journal: JournalReader, index: PostgresCommandIds, posting: PostingMetrics) =>
      new MeasuredLedgers(posting, entries, open, journal, index),
  };
  const desk = {
    provide: CommandDesk,
    inject: [Ledgers, CheckedClock],
    useFactory: (asked: Ledgers, clock: CheckedClock) => new CommandDesk(asked, clock),
  };
  const forwarding = {
    provide: Forwarding,
    inject: [OpenLedgers, CheckedClock],
    useFactory: (open: OpenLedgers, clock: CheckedClock) => new Forwarding(open, clock, TRANSFERS_URL),
  };
  const forwardingFilter = {
    provide: ForwardingFilter,
    inject: [Forwarding],
    useFactory: (sender: Forwarding) => new ForwardingFilter(sender),
  };
  const relay = {
    provide: RELAY,
    inject: [Database, STORE, PostgresTexts, Readiness, Metrics],
    useFactory: ({ pool }: Database, events: OpenEventStore, beside: PostgresTexts, readiness: Readiness, metrics: Metrics) => {
      if (BUS === 'feed') return null;
      const tokens = new PostgresRelayTokens(pool, 'transfers');
      const made = new JournalRelay({ store: events, texts: (wanted) => beside.find(wanted), tokens, brokers: KAFKA_BROKERS, log: say });
      // A broker that is gone delays others; it never makes posting unready.
      readiness.register('relay', async () => {
        const { lastToken: _, ...status } = made.status();
        return status;
      });
      const lag = sampled(SAMPLE_MS, () => made.lagSeconds());
      metrics.gauge('mizan_relay_lag_seconds', 'Age of the oldest append that is not published yet; 0 where there is none.', lag);
      return made;
    },
  };
  const service = {
    provide: Service,
    inject: [STORE, OpenLedgers, RELAY],
    useFactory: (events: OpenEventStore, open: OpenLedgers, publishing: JournalRelay | null) => new Service(events, open, publishing),
  };
  return {
    module: TransfersModule,
    controllers: [
      LedgersController,
      AccountsController,
      EntriesController,
      HoldsController,
      CommandsController,
      JournalController,
      FeedController,
    ],
    providers: [
      database,
      store,
      texts,
      assets,
      catalog,
      feed,
      reader,
      ids,
      openLedgers,
      ledgers,
      desk,
      forwarding,
      forwardingFilter,
      relay,
      service,
      { provide: PostingMetrics, inject: [Metrics], useFactory: (metrics: Metrics) => new PostingMetrics(metrics) },
      { provide: CheckedClock, useFactory: () => new CheckedClock() },
      { provide: Cursors, useFactory: () => Cursors.from(DATABASE_URL) },
    ],
  };
}

const STORE = Symbol('event store');
const RELAY = Symbol('relay');

const say = (level: 'debug' | 'info' | 'warn' | 'error', message: string, detail: object = {}): void => log[level](detail, message);
