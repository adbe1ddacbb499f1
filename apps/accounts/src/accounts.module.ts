import { type BeforeApplicationShutdown, type DynamicModule, Module, type OnApplicationBootstrap } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { journalKinds, serviceNamed } from '@mizan/contracts';
import { Follower, HttpFeed, Inbox, KafkaStrategy } from '@mizan/messaging';
import { Cursors, Database, Metrics, Readiness, made, provided, serviceTokens, token, writeLog } from '@mizan/platform';
import type { Pool } from 'pg';
import { AccountsController } from './http/accounts.controller.js';
import { LIVE } from './rebuild/book-tables.js';
import { measureBooks } from './books-metrics.js';
import { Books } from './tables/books.js';
import { EntriesController } from './http/entries.controller.js';
import type { AccountsEnvironment, Sources } from './environment.js';
import { HoldsController } from './http/holds.controller.js';
import { JournalConsumer } from './journal.consumer.js';
import { JournalProjection } from './journal.projection.js';
import { refillingStreams, resumeRefill } from './rebuild/refill.js';
import { StatementsController } from './http/statements.controller.js';

/** One or two connections write, the rest read. */
const MAX_CONNECTIONS = serviceNamed('accounts').connections;
/** The name under which the journal is read, also the Kafka group's. */
export const CONSUMER = 'accounts';
/** Null where the feed alone is the bus. */
const STRATEGY = token<KafkaStrategy | null>('the transport from Kafka');

@Module({})
class AccountsModule {}

/** The following begins when all is wired, and ends before the database does. */
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

const controllers = [AccountsController, StatementsController, EntriesController, HoldsController, JournalConsumer];

export function accountsModule(settings: AccountsEnvironment): DynamicModule {
  const { DATABASE_URL, BUS } = settings;
  const providers = [
    provided(Database, [Readiness], (readiness) => new Database({ url: DATABASE_URL, name: 'accounts', max: MAX_CONNECTIONS }, readiness)),
    provided(Follower, [Database, Readiness, Metrics], ({ pool }, readiness, metrics) => {
      const follower = journalFollower(settings, pool);
      measureBooks(metrics, pool, follower);
      readiness.register('journal', async () => {
        // Anyone may read this, and streams are of all tenants: no word of any one of them.
        const { halted, streams: _, ...status } = follower.status();
        if (halted !== null) throw new Error(`The books stand still: ${halted}`);
        return { ...status, rebuilding: await refillingStreams(pool) };
      });
      return follower;
    }),
    provided(STRATEGY, [Follower, Readiness], (follower, readiness) =>
      BUS === 'feed' ? null : kafkaStrategy(settings, follower, readiness),
    ),
    made(Service, Database, Follower),
    provided(Books, [Database], ({ pool }) => new Books(pool)),
    provided(Cursors, [], () => Cursors.from(DATABASE_URL)),
  ];
  return { module: AccountsModule, controllers, providers };
}

function journalFollower(settings: AccountsEnvironment, pool: Pool): Follower {
  const inbox = new Inbox({ pool, schema: LIVE, consumer: CONSUMER, projection: new JournalProjection() });
  return new Follower({ inbox, feed: journalFeed(settings), kinds: journalKinds, bus: settings.BUS, log: writeLog });
}

function kafkaStrategy({ KAFKA_BROKERS }: AccountsEnvironment, follower: Follower, readiness: Readiness): KafkaStrategy {
  const strategy = new KafkaStrategy({
    brokers: KAFKA_BROKERS,
    groupId: CONSUMER,
    onHalt: ({ reason }) => follower.halt(reason),
    log: writeLog,
  });
  // Without a broker the feed brings the journal, so reads go on.
  readiness.register('kafka', async () => {
    const { assigned: _1, halted: _2, ...status } = strategy.kafka() ?? { assigned: [], halted: null };
    return status;
  });
  return strategy;
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
