import { type BeforeApplicationShutdown, type DynamicModule, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { journalKinds, serviceNamed, topicOf } from '@mizan/contracts';
import type { Feed } from '@mizan/messaging';
import { type Hearing, Subscription, feedOfService } from '@mizan/messaging/service';
import { Cursors, Database, Metrics, Readiness, made, provided } from '@mizan/platform';
import { refillingStreams, resumeRefill } from '@mizan/projections';
import type { Pool } from 'pg';
import { AccountsController } from './http/accounts.controller.js';
import { LIVE } from './rebuild/book-tables.js';
import { measureBooks } from './books-metrics.js';
import { Books } from './tables/books.js';
import { EntriesController } from './http/entries.controller.js';
import type { AccountsEnvironment, Sources } from './environment.js';
import { HoldsController } from './http/holds.controller.js';
import { JOURNAL, JournalConsumer } from './journal.consumer.js';
import { JournalProjection } from './journal.projection.js';
import { StatementsController } from './http/statements.controller.js';

/** One or two connections write, the rest read. */
const MAX_CONNECTIONS = serviceNamed('accounts').connections;
/** The name under which the journal is read, also the Kafka group's. */
export const CONSUMER = 'accounts';

@Module({})
class AccountsModule {}

/** The following begins when all is wired, and ends before the database does. */
class Service implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly database: Database,
    private readonly journal: Subscription,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await resumeRefill(this.database.pool, { schema: LIVE, consumer: CONSUMER });
    this.journal.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.journal.stop();
  }
}

const controllers = [AccountsController, StatementsController, EntriesController, HoldsController, JournalConsumer];

export function accountsModule(settings: AccountsEnvironment): DynamicModule {
  const { DATABASE_URL } = settings;
  const providers = [
    provided(Database, [Readiness], (readiness) => new Database({ url: DATABASE_URL, name: 'accounts', max: MAX_CONNECTIONS }, readiness)),
    provided(JOURNAL, [Database, Readiness, Metrics], ({ pool }, ...hears) => new Subscription(theJournal(settings, pool), pool, ...hears)),
    made(Service, Database, JOURNAL),
    provided(Books, [Database, Metrics], ({ pool }, metrics) => {
      measureBooks(metrics, pool);
      return new Books(pool);
    }),
    provided(Cursors, [], () => Cursors.from(DATABASE_URL)),
  ];
  return { module: AccountsModule, controllers, providers };
}

const theJournal = (settings: AccountsEnvironment, pool: Pool): Hearing => ({
  name: 'journal',
  topic: topicOf('transfers'),
  feed: journalFeed(settings),
  kinds: journalKinds,
  schema: LIVE,
  consumer: CONSUMER,
  bus: settings.BUS,
  brokers: settings.KAFKA_BROKERS,
  into: new JournalProjection(),
  called: 'The books',
  detail: async () => ({ rebuilding: await refillingStreams(pool, { schema: LIVE }) }),
});

/** The journal as `transfers` serves it to this service. */
export const journalFeed = (sources: Sources): Feed => feedOfService(sources.TRANSFERS_URL, sources);
