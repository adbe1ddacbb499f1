import type { Stand } from './stand.js';

/** How readers hear of the journal: over Kafka, or over the feed alone. */
export type Bus = 'kafka' | 'feed';

export type Part = 'PostgreSQL' | 'Kafka' | 'gateway' | 'transfers' | 'accounts' | 'clock';

/** Something that breaks, and how it is mended. */
export interface Fault {
  readonly name: string;
  /** What it breaks, and what it needs whole: two faults that touch the same part do not strike at once. */
  readonly touches: readonly Part[];
  /** Why it cannot be tried on this machine, or null. */
  readonly lacking?: () => Promise<string | null>;
  /** Answers that are right while it lasts, though never otherwise: `401 unauthorized`. */
  readonly excuses?: readonly string[];
  /** @returns when its cause was gone, by the monotonic clock, ms; of a process that others stand in for: when it began. @throws where it did not take effect. */
  strike(stand: Stand): Promise<number>;
}
