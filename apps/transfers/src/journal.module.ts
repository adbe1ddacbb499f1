import type { FactoryProvider } from '@nestjs/common';
import { topicOf } from '@mizan/contracts';
import type { OpenEventStore } from '@mizan/event-store';
import { type Feed, StoreFeed, type TopicRelay } from '@mizan/messaging';
import { FEED, JournalOwners, type Saying, openRelay } from '@mizan/messaging/service';
import { Database, Metrics, Readiness, made, provided, token } from '@mizan/platform';
import { openStreams } from '@mizan/streams';
import { PostgresTexts } from '@mizan/texts';
import { JournalReader } from '@mizan/writer/ledger';
import type { TransfersEnvironment } from './environment.js';
import { journals } from './tables/journals.js';
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
    provided(RELAY, [Database, STORE, PostgresTexts, Readiness, Metrics], ({ pool }, store, texts, ...tells) =>
      openRelay(journalSaid(environment, store, texts), pool, ...tells),
    ),
  ];
}

function journalSaid({ BUS, KAFKA_BROKERS }: TransfersEnvironment, store: OpenEventStore, texts: PostgresTexts): Saying {
  const owners = new JournalOwners(async (stream) => (await store.read(stream, 0, 1))[0]?.text);
  return {
    service: 'transfers',
    topic: topicOf('transfers'),
    store,
    texts: (wanted) => texts.find(wanted),
    whose: (stream) => owners.of(stream),
    bus: BUS,
    brokers: KAFKA_BROKERS,
  };
}
