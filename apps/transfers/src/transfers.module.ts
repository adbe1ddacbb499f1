import { type BeforeApplicationShutdown, type DynamicModule, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { serviceNamed } from '@mizan/contracts';
import type { OpenEventStore } from '@mizan/event-store';
import type { TopicRelay } from '@mizan/messaging';
import { FeedController } from '@mizan/messaging/service';
import { Cursors, Database, Metrics, Readiness, made, provided, sampled, writeLog } from '@mizan/platform';
import { PostgresLeases, STORE_CONNECTIONS } from '@mizan/streams';
import { PostgresTexts } from '@mizan/texts';
import { CheckedClock } from '@mizan/writer';
import { Assets, JournalReader, OpenLedgers } from '@mizan/writer/ledger';
import { AccountsController } from './http/accounts.controller.js';
import { PostgresAssets } from './tables/assets.postgres.js';
import { CommandDesk } from './http/command-desk.js';
import { PostgresCommandIds } from './tables/command-ids.postgres.js';
import { CommandsController } from './http/commands.controller.js';
import { EntriesController } from './http/entries.controller.js';
import type { TransfersEnvironment } from './environment.js';
import { ForwardingFilter } from './http/forwarding.filter.js';
import { Forwarding } from './http/forwarding.js';
import { HoldsController } from './http/holds.controller.js';
import { JournalController } from './http/journal.controller.js';
import { RELAY, STORE, journalProviders } from './journal.module.js';
import { journalLeases } from './tables/journals.js';
import { LedgerCatalog } from './tables/ledger-catalog.js';
import { PostgresLedgerCatalog } from './tables/ledger-catalog.postgres.js';
import { Ledgers } from './ledgers.js';
import { LedgersController } from './http/ledgers.controller.js';
import { MeasuredLedgers } from './measured-ledgers.js';
import { observedStore } from './observed-store.js';
import { PostingMetrics, SAMPLE_MS } from './posting-metrics.js';
import { PostgresUnattendedLedgers } from './tables/unattended-ledgers.postgres.js';

/** Beside the store's own: the relay's one connection, and the rest for the indexes. */
const MAX_CONNECTIONS = serviceNamed('transfers').connections - STORE_CONNECTIONS;
const DRAIN_WITHIN_MS = 1_500;

@Module({})
class TransfersModule {}

/** The writers begin when all is wired, and end before the database does. */
class Service implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly store: OpenEventStore,
    private readonly ledgers: OpenLedgers,
    private readonly relay: TopicRelay | null,
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

const controllers = [
  LedgersController,
  AccountsController,
  EntriesController,
  HoldsController,
  CommandsController,
  JournalController,
  FeedController,
];

export function transfersModule(environment: TransfersEnvironment): DynamicModule {
  const { DATABASE_URL, TRANSFERS_URL } = environment;
  const { wallMs, monotonicMs, aheadMs } = environment.MOVABLE_CLOCK_FILE;
  const providers = [
    ...journalProviders(environment),
    provided(Database, [Readiness], (readiness) => new Database({ url: DATABASE_URL, name: 'transfers', max: MAX_CONNECTIONS }, readiness)),
    provided(Assets, [Database], ({ pool }) => new PostgresAssets(pool)),
    provided(LedgerCatalog, [Database], ({ pool }) => new PostgresLedgerCatalog(pool)),
    provided(PostgresCommandIds, [Database], ({ pool }) => new PostgresCommandIds(pool)),
    provided(CheckedClock, [], () => new CheckedClock(wallMs, monotonicMs, aheadMs)),
    made(PostingMetrics, Metrics),
    provided(
      OpenLedgers,
      [Database, STORE, JournalReader, PostgresTexts, PostgresCommandIds, Assets, CheckedClock, PostingMetrics],
      ({ pool }, events, reader, texts, ids, assets, clock, posting) => {
        const store = observedStore(events, (count) => posting.committed(count));
        const ports = { store, reader, texts, ids, assets, clock, log: writeLog };
        return new OpenLedgers(ports, new PostgresLeases(pool, TRANSFERS_URL, journalLeases), new PostgresUnattendedLedgers(pool, aheadMs));
      },
    ),
    provided(
      Ledgers,
      [PostingMetrics, LedgerCatalog, OpenLedgers, JournalReader, PostgresCommandIds],
      (...ports) => new MeasuredLedgers(...ports),
    ),
    made(CommandDesk, Ledgers, CheckedClock),
    provided(Forwarding, [OpenLedgers, CheckedClock], (open, clock) => new Forwarding(open, clock, TRANSFERS_URL)),
    made(ForwardingFilter, Forwarding),
    made(Service, STORE, OpenLedgers, RELAY),
    made(WriterHealth, OpenLedgers, PostgresCommandIds, Readiness, Metrics),
    provided(Cursors, [], () => Cursors.from(DATABASE_URL)),
  ];
  return { module: TransfersModule, controllers, providers };
}

/** What the writers say of themselves to readiness and metrics. */
class WriterHealth {
  constructor(open: OpenLedgers, ids: PostgresCommandIds, readiness: Readiness, metrics: Metrics) {
    readiness.register('writer', async () => open.health());
    metrics.gauge('mizan_writer_queue_depth', 'Commands that wait for a writer.', () => open.queuedCommands);
    const followed = sampled(SAMPLE_MS, () => ids.eventsFollowed());
    metrics.gauge('mizan_journal_position', 'Events in all journals, as far as the index of ids follows them.', followed);
  }
}
