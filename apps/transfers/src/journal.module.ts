import type { FactoryProvider } from '@nestjs/common';
import type { OpenEventStore } from '@mizan/event-store';
import { PostgresEventStore } from '@mizan/event-store-postgres';
import { type Feed, JournalRelay, PostgresRelayTokens, StoreFeed } from '@mizan/messaging';
import { Database, Metrics, Readiness, made, provided, sampled, token, writeLog } from '@mizan/platform';
import { JournalReader } from '@mizan/writer';
import type { Pool } from 'pg';
import type { TransfersEnvironment } from './environment.js';
import { FEED } from './http/feed.controller.js';
import { journalSchema } from './tables/journal-schema.js';
import { keepJournalsIn, theStoreKnows } from './tables/journals-kept-in.postgres.js';
import { SAMPLE_MS } from './posting-metrics.js';
import { PostgresTexts } from './tables/texts.postgres.js';

export const STORE = token<OpenEventStore>('event store');
/** Null where nothing is published. */
export const RELAY = token<JournalRelay | null>('relay');

/** Where the journals are kept, who reads them there, and how other services hear of them. */
export function journalProviders(environment: TransfersEnvironment): FactoryProvider[] {
  return [
    provided(STORE, [Database, Readiness], async ({ pool }, readiness) => {
      const store = await openStore(environment, pool);
      readiness.register('journal', () => store.check());
      return store;
    }),
    provided(PostgresTexts, [Database], ({ pool }) => new PostgresTexts(pool)),
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

async function openStore({ DATABASE_URL, EVENT_STORE, EVENTSTORE_URL }: TransfersEnvironment, pool: Pool): Promise<OpenEventStore> {
  const owner = await keepJournalsIn(EVENT_STORE, pool);
  if (EVENTSTORE_URL === null) return PostgresEventStore.open({ url: DATABASE_URL, schema: journalSchema.schema });
  const { EventStoreDbStore } = await import('@mizan/event-store-eventstoredb');
  const opened = await EventStoreDbStore.open({ url: EVENTSTORE_URL, kinds: ['journal'], owner });
  await theStoreKnows(pool);
  return opened;
}

function relay({ KAFKA_BROKERS }: TransfersEnvironment, pool: Pool, store: OpenEventStore, texts: PostgresTexts): JournalRelay {
  const tokens = new PostgresRelayTokens(pool, 'transfers');
  return new JournalRelay({ store, texts: (wanted) => texts.find(wanted), tokens, brokers: KAFKA_BROKERS, log: writeLog });
}

function measured(publishing: JournalRelay, readiness: Readiness, metrics: Metrics): JournalRelay {
  // A broker that is gone delays others; it never makes posting unready.
  readiness.register('relay', async () => {
    const { lastToken: _, ...status } = publishing.status();
    return status;
  });
  const lag = sampled(SAMPLE_MS, () => publishing.lagSeconds());
  metrics.gauge('mizan_relay_lag_seconds', 'Age of the oldest append that is not published yet; 0 where there is none.', lag);
  return publishing;
}
