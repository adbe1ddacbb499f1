import type { FactoryProvider } from '@nestjs/common';
import { topicOf } from '@mizan/contracts';
import type { OpenEventStore } from '@mizan/event-store';
import { type Feed, TopicRelay, PostgresRelayTokens, StoreFeed } from '@mizan/messaging';
import { Database, Metrics, Readiness, made, provided, sampled, token, writeLog } from '@mizan/platform';
import { openStreams } from '@mizan/streams';
import { PostgresTexts } from '@mizan/texts';
import { JournalReader } from '@mizan/writer/ledger';
import type { Pool } from 'pg';
import type { TransfersEnvironment } from './environment.js';
import { FEED } from './http/feed.controller.js';
import { JournalOwners } from './journal-owners.js';
import { journals } from './tables/journals.js';
import { SAMPLE_MS } from './posting-metrics.js';
import { textsBeside } from './tables/texts.postgres.js';

export const STORE = token<OpenEventStore>('event store');
/** Null where nothing is published. */
export const RELAY = token<TopicRelay | null>('relay');

/** Where the journals are kept, who reads them there, and how other services hear of them. */
export function journalProviders(environment: TransfersEnvironment): FactoryProvider[] {
  return [
    provided(STORE, [Database, Readiness], async ({ pool }, readiness) => {
      const store = await openStreams(journals, environment, pool);
      readiness.register('journal', () => store.check());
      return store;
    }),
    provided(PostgresTexts, [Database], ({ pool }) => textsBeside(pool)),
    provided<Feed, [typeof STORE, typeof PostgresTexts]>(
      FEED,
      [STORE, PostgresTexts],
      (store, texts) => new StoreFeed(store, (wanted) => texts.find(wanted)),
    ),
    made(JournalReader, STORE, FEED),
    provided(RELAY, [Database, STORE, PostgresTexts, Readiness, Metrics], (database, store, texts, readiness, metrics) =>
      environment.BUS === 'feed' ? null : measured(relay(environment, database.pool, store, texts), readiness, metrics),
    ),
  ];
}

function relay({ KAFKA_BROKERS }: TransfersEnvironment, pool: Pool, store: OpenEventStore, texts: PostgresTexts): TopicRelay {
  const tokens = new PostgresRelayTokens(pool, 'transfers');
  const owners = new JournalOwners(store);
  return new TopicRelay({
    topic: topicOf('transfers'),
    origin: { owner: 'transfers', whose: (stream) => owners.of(stream) },
    store,
    texts: (wanted) => texts.find(wanted),
    tokens,
    brokers: KAFKA_BROKERS,
    log: writeLog,
  });
}

function measured(publishing: TopicRelay, readiness: Readiness, metrics: Metrics): TopicRelay {
  // A broker that is gone delays others; it never makes posting unready.
  readiness.register('relay', async () => {
    const { lastToken: _, ...status } = publishing.status();
    return status;
  });
  const lag = sampled(SAMPLE_MS, () => publishing.lagSeconds());
  metrics.gauge('mizan_relay_lag_seconds', 'Age of the oldest append that is not published yet; 0 where there is none.', lag);
  return publishing;
}
