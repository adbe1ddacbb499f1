import type { Topic } from '@mizan/contracts';
import type { EventStore } from '@mizan/event-store';
import { type Metrics, type Readiness, sampled, writeLog } from '@mizan/platform';
import type { Pool } from 'pg';
import type { StreamOwner } from '../feed-relay.js';
import type { KeptTextsReader } from '../kept-texts.js';
import { PostgresRelayTokens } from '../relay-tokens.js';
import { TopicRelay } from '../topic-relay.js';

/** What a service says on its topic. */
export interface Saying {
  /** Its name, which is also the schema with the table `relay_tokens`. */
  readonly service: string;
  readonly topic: Topic;
  readonly store: EventStore;
  /** The words beside its events. */
  readonly texts: KeptTextsReader;
  readonly whose: (stream: string) => Promise<StreamOwner>;
  readonly bus: 'kafka' | 'feed';
  readonly brokers: readonly string[];
}

const SAMPLE_MS = 5_000;

/** The relay of a service, with its readiness and its lag; null where the feed alone is the bus. Whoever has it starts and stops it. */
export function openRelay(saying: Saying, pool: Pool, readiness: Readiness, metrics: Metrics): TopicRelay | null {
  const { service, bus, whose, ...options } = saying;
  if (bus === 'feed') return null;
  const tokens = new PostgresRelayTokens(pool, service);
  const relay = new TopicRelay({ ...options, origin: { owner: service, whose }, tokens, log: writeLog });
  // A broker that is gone delays others; it never makes a service unready.
  readiness.register('relay', async () => {
    const { lastToken: _, ...status } = relay.status();
    return status;
  });
  const lag = sampled(SAMPLE_MS, () => relay.lagSeconds());
  metrics.gauge('mizan_relay_lag_seconds', 'Age of the oldest append that is not published yet; 0 where there is none.', lag);
  return relay;
}
