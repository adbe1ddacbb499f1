import { lackingForKafka } from '@mizan/embedded';
import type { Settings } from './settings.js';

/** How readers hear of the journal. */
export interface Bus {
  readonly name: 'kafka' | 'feed';
  /** Why it is the feed, where nobody asked for it; else null. */
  readonly lacking: string | null;
}

/** Kafka, unless the feed was asked for or this machine cannot run Kafka. One that was asked for is tried, and fails in its own words. */
export async function chooseBus({ bus }: Settings): Promise<Bus> {
  if (bus) return { name: bus, lacking: null };
  const lacking = (await lackingForKafka())?.what ?? null;
  return { name: lacking === null ? 'kafka' : 'feed', lacking };
}
