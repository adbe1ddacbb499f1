import { type FedEvent, decodeEvent, journalStream } from '@mizan/contracts';
import type { EventStore, StoredEvent } from '@mizan/event-store';
import type { LedgerEvent } from '@mizan/ledger';
import { setTimeout as wait } from 'node:timers/promises';

/** Positions this far apart are read in one go rather than one by one. */
const NEAR = 64;
const PAGE = 1_000;
const POLL_MS = 100;
const READS_AT_ONCE = 4;

/** Where the events of a stream are read in pages. */
interface StreamPages {
  /** Events with version > `after`, at most `limit`. */
  stream(stream: string, after: number, limit: number): Promise<readonly FedEvent[]>;
}

/** One ledger's journal at a time, as it is stored. */
export class JournalReader {
  constructor(
    private readonly store: EventStore,
    private readonly feed: StreamPages,
  ) {}

  /** The events at these positions of a ledger's journal, in any order; each must exist. */
  async at(ledgerUid: string, positions: readonly number[]): Promise<readonly LedgerEvent[]> {
    const wanted = new Set(positions);
    const found: LedgerEvent[] = [];
    const ahead = runs([...wanted].sort((a, b) => a - b));
    const read = async (): Promise<void> => {
      for (const run of ahead) found.push(...(await this.run(ledgerUid, run, wanted)));
    };
    await Promise.all(Array.from({ length: READS_AT_ONCE }, read));
    return found;
  }

  private async run(ledgerUid: string, [first, last]: readonly [number, number], wanted: ReadonlySet<number>): Promise<LedgerEvent[]> {
    const found: LedgerEvent[] = [];
    for (let after = first - 1; after < last;) {
      const page = await this.page(ledgerUid, after, last - after);
      if (page.length === 0) throw new Error(`The journal of ${ledgerUid} ends before position ${last}, which the index of ids names.`);
      for (const { version, event, texts } of page) if (wanted.has(version)) found.push(decodeEvent(event, texts));
      after = page.at(-1)!.version;
    }
    return found;
  }

  /** Events after a position with their texts, at most `limit`. */
  page(ledgerUid: string, after: number, limit: number): Promise<readonly FedEvent[]> {
    return this.feed.stream(journalStream(ledgerUid), after, limit);
  }

  /** The last position of a journal. */
  end(ledgerUid: string): Promise<number> {
    return this.store.version(journalStream(ledgerUid));
  }

  /** The day through which the books were closed last, among the events after a position; null where none of them closed any. */
  async lastClosedDay(ledgerUid: string, after: number, end: number): Promise<string | null> {
    if (after >= end) return null;
    let day: string | null = null;
    for await (const page of this.pages(ledgerUid, after))
      for (const { version, text } of page) {
        if (version > end) return day;
        const event = text.includes('"type":"PeriodClosed"') ? decodeEvent(text) : null;
        if (event?.type === 'PeriodClosed') day = event.command.through;
      }
    return day;
  }

  /** Events after a position as they come, until the signal ends it. */
  async *follow(ledgerUid: string, after: number, signal: AbortSignal): AsyncGenerator<readonly FedEvent[]> {
    while (!signal.aborted) {
      const page = await this.page(ledgerUid, after, PAGE);
      if (page.length > 0) {
        yield page;
        after = page.at(-1)!.version;
      } else await wait(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Every event of a journal after a position, page by page, as stored. */
  async *pages(ledgerUid: string, after: number): AsyncGenerator<readonly StoredEvent[]> {
    for (;;) {
      const page = await this.store.read(journalStream(ledgerUid), after, PAGE);
      if (page.length === 0) return;
      yield page;
      after = page.at(-1)!.version;
    }
  }
}

/** Sorted positions as runs worth reading in one go. */
function* runs(sorted: readonly number[]): Generator<[first: number, last: number]> {
  let run: [number, number] | null = null;
  for (const position of sorted) {
    if (run !== null && position - run[1] <= NEAR) run[1] = position;
    else {
      if (run !== null) yield run;
      run = [position, position];
    }
  }
  if (run !== null) yield run;
}
