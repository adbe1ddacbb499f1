import { type EncodedEvent, encodeEvent, journalStream } from '@mizan/contracts';
import type { AppendLimits } from '@mizan/event-store';
import {
  type Book,
  type LedgerEvent,
  type LedgerFacts,
  MAX_GROUP_BYTES,
  accountsTouched,
  decide,
  decideGroup,
  expireHold,
  groupTooLarge,
  isEntry,
  openLedger,
} from '@mizan/ledger';
import { randomUUID } from 'node:crypto';
import type { Ask, Origin, Reply } from './ask.js';
import { type IndexEntry, indexEntry } from './ids/command-ids.js';
import { eventId } from './event-id.js';
import type { ExpirySlice } from './expiring/expiry-slice.js';

/** Whole commands that share one append, and how the ledger stands after them. */
export interface Portion {
  readonly events: EncodedEvent[];
  readonly indexed: IndexEntry[];
  bytes: number;
  ledger: LedgerFacts;
  nextExpiry: number | null;
}

/** A flush takes no further command once its events have this many bytes; the last group may pass it by its own size. */
const FULL_BYTES = 1024 * 1024;
/** The most holds that expire in one flush for the accounts of one command: whoever needs more waits, and others pass. */
const MAX_EXPIRIES_FOR_ONE = 40;

/** The writer expires holds of its own accord: nobody asked. */
const OWN: Origin = { actor: 'transfers', correlation: null, causation: null, traceparent: null };

/**
 * The decisions that are written together: in one append, or in as few as the store's limits allow. The book runs ahead of
 * the journal here; nobody may be answered until the append that holds the answer's reasons is known.
 */
export class Flush {
  /** In their order: each is appended behind the one before. A command, or a group of all or none, is never split. */
  readonly portions: Portion[] = [];
  private bytes = 0;

  /** @param now a moment that may be written, ms since the epoch. @param slice what expiries may take of it. @param limits of one append. */
  constructor(
    private readonly uid: string,
    private readonly epoch: number,
    private readonly book: Book,
    private readonly now: number,
    private readonly slice: ExpirySlice,
    private readonly limits: AppendLimits,
  ) {}

  get full(): boolean {
    return this.bytes >= FULL_BYTES;
  }

  /** Nothing more expires in it. */
  get sliceIsUsedUp(): boolean {
    return this.full || this.slice.isUsedUp;
  }

  /** The accounts that this touches, where any hold at all is due: on them, holds expire before it is decided. */
  accountsToClear(ask: Ask): readonly string[] {
    const asked = ask.kind === 'command' ? ask.command : ask.kind === 'group' ? ask.group : null;
    return asked && this.isDue() ? [...new Set(accountsTouched(this.book, asked))] : [];
  }

  /** The accounts of a hold that is looked up, where it is due itself. */
  accountsOfDue(id: string): readonly string[] {
    const hold = this.book.open.get(id);
    return hold && hold.expiresAt !== null && hold.expiresAt <= this.moment ? [hold.debit, hold.credit] : [];
  }

  /** Whether a hold has fallen due, on any account or on these. */
  isDue(accounts?: readonly string[]): boolean {
    return this.book.firstDue(this.moment, accounts) !== null;
  }

  /** Expires what is due on these accounts, as much as one command may have of a flush. False: more is due. */
  clear(accounts: readonly string[]): boolean {
    return accounts.length === 0 || this.expire(MAX_EXPIRIES_FOR_ONE, accounts);
  }

  /** Expires what is due on these accounts, or on any, with all that is left of the slice. False: more is due. */
  clearWithTheRest(accounts?: readonly string[]): boolean {
    return this.expire(Infinity, accounts);
  }

  decide(ask: Ask, origin: Origin): Reply {
    switch (ask.kind) {
      case 'lookup':
        return this.book.command(ask.id) ?? null;
      case 'hold': {
        const hold = this.book.hold(ask.id);
        const placed = this.book.command(ask.id);
        return hold && placed?.type === 'HoldPlaced' ? { hold, placed } : null;
      }
      case 'entry': {
        const entry = this.book.command(ask.id);
        return entry && isEntry(entry) ? { entry, reversedBy: this.book.entry(ask.id)?.reversedBy ?? [] } : null;
      }
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

  /** The time of what is decided now. */
  private get moment(): number {
    return Math.max(this.now, this.book.ledger.recordedAt);
  }

  /** The longest due first. False: more is due than `most`, or than the slice allows. */
  private expire(most: number, accounts?: readonly string[]): boolean {
    return this.slice.use(most, () => {
      const hold = this.book.firstDue(this.moment, accounts);
      if (hold !== null) this.take([expireHold(this.book, hold, this.now)], OWN);
      return hold !== null;
    });
  }

  private take(events: readonly LedgerEvent[], origin: Origin, encoded = this.encode(events, origin)): void {
    if (events.length === 0) return;
    const bytes = bytesOf(encoded);
    const portion = this.portionFor(encoded.length, bytes);
    portion.events.push(...encoded);
    portion.bytes += bytes;
    this.bytes += bytes;
    for (const event of events) {
      this.book.apply(event);
      const entry = indexEntry(event);
      if (entry) portion.indexed.push(entry);
    }
    portion.ledger = this.book.ledger;
    portion.nextExpiry = this.book.nextExpiry;
  }

  private portionFor(events: number, bytes: number): Portion {
    const last = this.portions.at(-1);
    if (last && last.events.length + events <= this.limits.events && last.bytes + bytes <= this.limits.bytes) return last;
    const { ledger, nextExpiry } = this.book;
    const portion: Portion = { events: [], indexed: [], bytes: 0, ledger, nextExpiry };
    this.portions.push(portion);
    return portion;
  }

  private encode(events: readonly LedgerEvent[], origin: Origin): EncodedEvent[] {
    const stream = journalStream(this.uid);
    const salt = (): string => randomUUID().replaceAll('-', '');
    return events.map((event) => encodeEvent(event, { ...origin, eventId: eventId(this.uid, this.epoch, event), stream, salt }));
  }
}

const bytesOf = (encoded: readonly EncodedEvent[]): number => encoded.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
