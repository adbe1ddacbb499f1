import { type BeforeApplicationShutdown, type DynamicModule, Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Follower, HttpFeed, Inbox, KafkaStrategy, type Log } from '@mizan/messaging';
import { Cursors, Database, Metrics, Readiness, log, serviceTokens } from '@mizan/platform';
import { AccountsController } from './accounts.controller.js';
import { LIVE } from './book-tables.js';
import { measureBooks } from './books-metrics.js';
import { Books } from './books.js';
import { EntriesController } from './entries.controller.js';
import type { AccountsEnvironment, Sources } from './environment.js';
import { HoldsController } from './holds.controller.js';
import { JournalConsumer } from './journal.consumer.js';
import { JournalProjection } from './journal.projection.js';
import { refillingStreams, resumeRefill } from './refill.js';
import { StatementsController } from './statements.controller.js';

/** Connections to PostgreSQL: one or two write, the rest read. */
const MAX_CONNECTIONS = 12;
/** The name under which the journal is read, also the Kafka group's. */
export const CONSUMER = 'accounts';
const STRATEGY = Symbol('the transport from Kafka, or null');

@Module({})
class AccountsModule {}

/** The following begins when all is wired, and ends before the database does. */
@Injectable()
class Service implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly database: Database,
    private readonly follower: Follower,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await resumeRefill(this.database.pool);
    this.follower.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.follower.stop();
  }
}

export function accountsModule(settings: AccountsEnvironment): DynamicModule {
  const { DATABASE_URL, BUS, KAFKA_BROKERS } = settings;
  const database = {
    provide: Database,
    inject: [Readiness],
    useFactory: (readiness: Readiness) => new Database({ url: DATABASE_URL, name: 'accounts', max: MAX_CONNECTIONS }, readiness),
  };
  const follower = {
    provide: Follower,
    inject: [Database, Readiness, Metrics],
    useFactory: ({ pool }: Database, readiness: Readiness, metrics: Metrics) => {
      const made = new Follower({
        inbox: new Inbox({ pool, schema: LIVE, consumer: CONSUMER, projection: new JournalProjection() }),
        feed: journalFeed(settings),
        bus: BUS,
        log: say,
      });
      measureBooks(metrics, pool, made);
      readiness.register('journal', async () => {
        // Anyone may read this, and streams are of all tenants: no word of any one of them.
        const { halted, streams: _, ...status } = made.status();
        if (halted !== null) throw new Error(`The books stand still: ${halted}`);
        return { ...status, rebuilding: await refillingStreams(pool) };
      });
      return made;
    },
  };
  const strategy = {
    provide: STRATEGY,
    inject: [Follower, Readiness],
    useFactory: (following: Follower, readiness: Readiness) => {
      if (BUS === 'feed') return null;
      const made = new KafkaStrategy({
        brokers: KAFKA_BROKERS,
        groupId: CONSUMER,
        onHalt: ({ reason }) => following.halt(reason),
        log: say,
      });
      // Without a broker the feed brings the journal, so reads go on.
      readiness.register('kafka', async () => {
        const { assigned: _1, halted: _2, ...status } = made.kafka() ?? { assigned: [], halted: null };
        return status;
      });
      return made;
    },
  };
  return {
    module: AccountsModule,
    controllers: [AccountsController, StatementsController, EntriesController, HoldsController, JournalConsumer],
    providers: [
      database,
      follower,
      strategy,
      { provide: Service, inject: [Database, Follower], useFactory: (own: Database, following: Follower) => new Service(own, following) },
      { provide: Books, inject: [Database], useFactory: ({ pool }: Database) => new Books(pool) },
      { provide: Cursors, useFactory: () => Cursors.from(DATABASE_URL) },
    ],
  };
}

/** The journal as `transfers` serves it to this service. */
export const journalFeed = ({ TRANSFERS_URL, GATEWAY_URL, SERVICE_KEY }: Sources): HttpFeed =>
  new HttpFeed({ urls: TRANSFERS_URL, token: serviceTokens({ gatewayUrl: GATEWAY_URL, apiKey: SERVICE_KEY }) });

/** Listens to Kafka, unless the feed alone is the bus. */
export async function connectKafka(app: NestFastifyApplication): Promise<void> {
  const strategy = app.get<KafkaStrategy | null>(STRATEGY);
  if (!strategy) return;
  app.connectMicroservice({ strategy });
  await app.startAllMicroservices();
}

const say: Log = (level, message, details) => log[level](details, message);
