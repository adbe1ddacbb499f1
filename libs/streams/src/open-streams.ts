import type { OpenEventStore } from '@mizan/event-store';
import { PostgresEventStore, READ_CONNECTIONS } from '@mizan/event-store-postgres';
import type { Pool } from 'pg';
import { type StoreKind, keepIn, theStoreKnows } from './kept-in.js';
import type { OwnStreams } from './own-streams.js';

/** What an open store holds to PostgreSQL by itself: one connection that appends, and those that read. */
export const STORE_CONNECTIONS = 1 + READ_CONNECTIONS;

/** What the environment says of the store. */
export interface StoreSettings {
  readonly DATABASE_URL: string;
  readonly EVENT_STORE: StoreKind;
  /** Null where PostgreSQL keeps the streams. */
  readonly EVENTSTORE_URL: string | null;
}

/**
 * Opens the store that keeps a service's streams.
 * @param pool of the service's own database.
 * @throws where they are kept in another store, or the store has another's.
 */
export async function openStreams(streams: OwnStreams, settings: StoreSettings, pool: Pool): Promise<OpenEventStore> {
  const { DATABASE_URL, EVENT_STORE, EVENTSTORE_URL } = settings;
  const owner = await keepIn(EVENT_STORE, streams, pool);
  if (EVENTSTORE_URL === null) return PostgresEventStore.open({ url: DATABASE_URL, schema: streams.schema });
  // Not loaded where it is not used.
  const { EventStoreDbStore } = await import('@mizan/event-store-eventstoredb');
  const opened = await EventStoreDbStore.open({ url: EVENTSTORE_URL, kinds: streams.kinds, owner });
  await theStoreKnows(streams, pool);
  return opened;
}
