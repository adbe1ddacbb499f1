import { inColumns, seconds } from '../columns.js';
import type { Clients } from '../faults/clients.js';
import type { Readers } from './readers.js';

/** One step of an upgrade, and what clients felt of it. */
export interface Step {
  readonly name: string;
  readonly tookMs: number;
  readonly acknowledged: number;
  readonly unknown: number;
  readonly refused: number;
  /** The longest time without an acknowledgement in one ledger, ms. */
  readonly pauseMs: number;
  readonly reads: number;
  readonly readsRefused: number;
  readonly longestReadMs: number;
}

/** Acknowledged after each step before the next. */
const AFTER = 40;
const LOOK_EVERY_MS = 5;

/** Takes steps while clients post and readers read, and measures what they feel. */
export class Steps {
  readonly taken: Step[] = [];

  constructor(
    private readonly clients: Clients,
    private readonly readers: Readers,
  ) {}

  async take(name: string, act: () => Promise<unknown>): Promise<void> {
    const { clients, readers } = this;
    const before = { count: clients.acknowledged.length, ...clients.tries, reads: readers.answered, readsRefused: readers.refused };
    readers.longestMs = 0;
    const began = performance.now();
    const pauses = new Pauses(clients);
    let tookMs;
    try {
      await act();
      tookMs = performance.now() - began;
      await clients.acknowledge(AFTER);
    } finally {
      pauses.end();
    }
    this.taken.push({
      name,
      tookMs,
      acknowledged: clients.acknowledged.length - before.count,
      unknown: clients.tries.unknown - before.unknown,
      refused: clients.tries.refused - before.refused,
      pauseMs: pauses.longestMs,
      reads: readers.answered - before.reads,
      readsRefused: readers.refused - before.readsRefused,
      longestReadMs: readers.longestMs,
    });
  }
}

/** Watches how long each ledger goes without an acknowledgement. */
class Pauses {
  readonly #last = new Map<string, number>();
  readonly #watch = setInterval(() => this.#look(), LOOK_EVERY_MS);
  longestMs = 0;
  #seen: number;

  constructor(private readonly clients: Clients) {
    this.#seen = clients.acknowledged.length;
    const now = performance.now();
    for (const { ledger } of clients.acknowledged) this.#last.set(ledger, now);
  }

  end(): void {
    clearInterval(this.#watch);
    this.#look();
  }

  #look(): void {
    const now = performance.now();
    const fresh = new Set(this.clients.acknowledged.slice(this.#seen).map(({ ledger }) => ledger));
    this.#seen = this.clients.acknowledged.length;
    for (const [ledger, last] of this.#last) {
      this.longestMs = Math.max(this.longestMs, now - last);
      if (fresh.has(ledger)) this.#last.set(ledger, now);
    }
  }
}

const columns = [
  'step',
  'takes',
  'acknowledged',
  'tries unknown',
  'tries refused',
  'longest pause',
  'reads',
  'reads refused',
  'longest read',
];

/** As a table in Markdown. */
export function table(steps: readonly Step[]): string {
  const rows = steps.map(({ name, tookMs, acknowledged, unknown, refused, pauseMs, reads, readsRefused, longestReadMs }) =>
    [name, seconds(tookMs), acknowledged, unknown, refused, seconds(pauseMs), reads, readsRefused, seconds(longestReadMs)].map(String),
  );
  return inColumns(columns, rows);
}
