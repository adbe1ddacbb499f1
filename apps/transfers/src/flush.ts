import { type EncodedEvent, encodeEvent, journalStream } from '@mizan/contracts';
import { type Book, type LedgerEvent, MAX_GROUP_BYTES, decide, decideGroup, groupTooLarge, openLedger } from '@mizan/ledger';
import { randomUUID } from 'node:crypto';
import type { Ask, Origin, Reply } from './ask.js';
import type { SpentId } from './command-ids.js';
import { eventId } from './event-id.js';

/** A flush takes no further command once its events have this many bytes; the last group may pass it by its own size. */
const FULL_BYTES = 1024 * 1024;

/**
 * The decisions that share one append. The book runs ahead of the journal here; until the append is known,
 * nobody may be answered.
 */
export class Flush {
  readonly events: EncodedEvent[] = [];
  readonly spent: SpentId[] = [];
  private bytes = 0;

  /** @param now a moment that may be written, ms since the epoch. */
  constructor(
    private readonly uid: string,
    private readonly epoch: number,
    private readonly book: Book,
    private readonly now: number,
  ) {}

  get full(): boolean {
    return this.bytes >= FULL_BYTES;
  }

  decide(ask: Ask, origin: Origin): Reply {
    switch (ask.kind) {
      case 'lookup':
        return this.book.command(ask.id) ?? null;
      case 'open-ledger': {
        const created = this.book.ledger.position === 0;
        if (created) this.take([openLedger(this.book, ask, this.now)], origin);
        return { created };
      }
      case 'command': {
        const { events, answer } = decide(this.book, ask.command, this.now);
        this.take(events, origin);
        return answer;
      }
      case 'group': {
        const { events, answer } = decideGroup(this.book, ask.group, this.now);
        const encoded = this.encode(events, origin);
        const bytes = bytesOf(encoded);
        if (answer.status === 'applied' && bytes > MAX_GROUP_BYTES) return groupTooLarge(ask.group, bytes);
        this.take(events, origin, encoded);
        return answer;
      }
    }
  }

  private take(events: readonly LedgerEvent[], origin: Origin, encoded = this.encode(events, origin)): void {
    this.events.push(...encoded);
    this.bytes += bytesOf(encoded);
    for (const event of events) {
      this.book.apply(event);
      if (event.type !== 'LedgerOpened' && event.type !== 'AccountOpened')
        this.spent.push({ id: event.command.id, position: event.position });
    }
  }

  private encode(events: readonly LedgerEvent[], origin: Origin): EncodedEvent[] {
    const stream = journalStream(this.uid);
    const salt = (): string => randomUUID().replaceAll('-', '');
    return events.map((event) =>
      encodeEvent(event, { ...origin, eventId: eventId(this.uid, this.epoch, event), stream, causation: null, salt }),
    );
  }
}

const bytesOf = (encoded: readonly EncodedEvent[]): number => encoded.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
