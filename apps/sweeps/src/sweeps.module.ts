import { type BeforeApplicationShutdown, type DynamicModule, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { serviceNamed } from '@mizan/contracts';
import type { OpenEventStore } from '@mizan/event-store';
import { type Feed, StoreFeed, type TopicRelay } from '@mizan/messaging';
import { FEED, FeedController, Subscription, openRelay } from '@mizan/messaging/service';
import { Database, Metrics, Readiness, made, provided, tenantTokens, token, writeLog } from '@mizan/platform';
import { ProcessLoop, Runner } from '@mizan/process';
import { LedgerCalls } from '@mizan/process/ledger';
import { PostgresLease, PostgresTimers } from '@mizan/process/postgres';
import { STORE_CONNECTIONS, openStreams, ownStreams } from '@mizan/streams';
import type { SweepsEnvironment } from './environment.js';
import { ProcessesController, RUNNER } from './http/processes.controller.js';
import { JOURNAL, JournalConsumer } from './journal.consumer.js';
import { type Sweep, type SweepEvent, sweep } from './sweep.js';
import { sweepsSaid, theJournal } from './topics.js';

const ROW = serviceNamed('sweeps');
/** The store has connections of its own. */
const MAX_CONNECTIONS = ROW.connections - STORE_CONNECTIONS;
const STOP_WITHIN_MS = 1_500;

const STORE = token<OpenEventStore>('event store');
const LEASE = token<PostgresLease>('lease');
const LOOP = token<ProcessLoop<Sweep, SweepEvent>>('loop of sweeps');
/** Null where nothing is published. */
const RELAY = token<TopicRelay | null>('relay');

@Module({})
class SweepsModule {}

class Service implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly store: OpenEventStore,
    private readonly lease: PostgresLease,
    private readonly loop: ProcessLoop<Sweep, SweepEvent>,
    private readonly calls: LedgerCalls,
    private readonly journal: Subscription,
    private readonly relay: TopicRelay | null,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
    this.relay?.start();
    this.journal.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.journal.stop(), this.loop.stop(STOP_WITHIN_MS), this.relay?.stop()]);
    await Promise.all([this.lease.release().catch(() => undefined), this.calls.close()]);
    await this.store.close();
  }
}

const controllers = [ProcessesController, FeedController, JournalConsumer];

export function sweepsModule(environment: SweepsEnvironment): DynamicModule {
  const { DATABASE_URL, SWEEPS_URL, GATEWAY_URL, SERVICE_KEY, MOVABLE_CLOCK_FILE: clock } = environment;
  const unknown = (call: { readonly id: string }, error: unknown): void =>
    writeLog('warn', 'The outcome of a call is unknown; it is asked for again', { call: call.id, error: String(error) });
  const providers = [
    provided(Database, [Readiness], (readiness) => new Database({ url: DATABASE_URL, name: 'sweeps', max: MAX_CONNECTIONS }, readiness)),
    provided(STORE, [Database, Readiness], async ({ pool }, readiness) => {
      const store = await openStreams(ownStreams(ROW), environment, pool);
      readiness.register('streams', () => store.check());
      return store;
    }),
    provided<Feed, [typeof STORE]>(FEED, [STORE], (store) => new StoreFeed(store, async () => new Map())),
    provided(
      LedgerCalls,
      [],
      () => new LedgerCalls({ url: GATEWAY_URL, token: tenantTokens({ gatewayUrl: GATEWAY_URL, apiKey: SERVICE_KEY }) }),
    ),
    provided(LEASE, [Database], ({ pool }) => new PostgresLease(pool, 'sweeps', sweep.name, SWEEPS_URL)),
    provided(RUNNER, [Database, STORE, LEASE, LedgerCalls], ({ pool }, store, lease, calls) => {
      const timers = new PostgresTimers(pool, 'sweeps', sweep.name);
      return new Runner('sweeps', sweep, { store, timers, lease, calls, clock: () => clock.now(), unknown });
    }),
    provided(LOOP, [RUNNER, Readiness], (runner, readiness) => {
      const loop = new ProcessLoop(runner, { failed: (error) => writeLog('warn', 'Sweeps stand still', { error: String(error) }) });
      readiness.register('sweeps', async () => ({ ...loop.readiness() }));
      return loop;
    }),
    provided(
      JOURNAL,
      [Database, LOOP, Readiness, Metrics],
      ({ pool }, loop, ...tells) => new Subscription(theJournal(environment, loop), pool, ...tells),
    ),
    provided(RELAY, [Database, STORE, RUNNER, Readiness, Metrics], ({ pool }, store, runner, ...tells) =>
      openRelay(sweepsSaid(environment, store, runner), pool, ...tells),
    ),
    made(Service, STORE, LEASE, LOOP, LedgerCalls, JOURNAL, RELAY),
  ];
  return { module: SweepsModule, controllers, providers };
}
