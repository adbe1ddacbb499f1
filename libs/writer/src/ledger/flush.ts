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
import { WriterFault } from '../fault.js';
import { Portions, bytesOf } from '../portions.js';
import type { Flush, Origin, Portion } from '../stream-rules.js';
import type { Submission } from '../submission.js';
import type { Ask, Reply } from './ask.js';
import { eventId } from './event-id.js';
import type { Blocked } from './expiring/blocked.js';
import type { ExpirySlice } from './expiring/expiry-slice.js';
import { type IndexEntry, indexEntry } from './ids/command-ids.js';

/** Whole commands that share one append, and how the ledger stands after them. */
export interface LedgerPortion extends Portion {
  readonly events: EncodedEvent[];
  readonly indexed: IndexEntry[];
  position: number;
  bytes: number;
  ledger: LedgerFacts;
  nextExpiry: number | null;
}

/** The most holds that expire in one flush for the accounts of one command: whoever needs more waits, and others pass. */
const MAX_EXPIRIES_FOR_ONE = 40;

/** The writer expires holds of its own accord: nobody asked. */
const OWN: Origin = { actor: 'transfers', correlation: null, causation: null, traceparent: null };

const neverOpened = (): WriterFault =>
  new WriterFault('not_found', 'The ledger was never opened. Create it with PUT /v1/ledgers/{ledger}.');

/** The ledger that is decided on, by whom, and when. */
interface Deciding {
  readonly uid: string;
  readonly epoch: number;
  readonly book: Book;
  /** A moment that may be written, ms since the epoch. */
  readonly now: number;
  /** Of one append. */
  readonly limits: AppendLimits;
}

/**
 * What a ledger's writer decides together. Who waits for expiries has its share of them first, then each command in turn, and what else
 * is due is expired after. A command, or a group of all or none, is never split.
 */
export class LedgerFlush implements Flush<Ask, Reply, LedgerPortion> {
  private readonly gathered: Portions<LedgerPortion>;
  private readonly uid: string;
  private readonly epoch: number;
  private readonly book: Book;
  private readonly now: number;

  /** @param slice what expiries may take of it. @param mayExpireMore also what nobody waits for. */
  constructor(
    { uid, epoch, book, now, limits }: Deciding,
    private readonly slice: ExpirySlice,
    private readonly blocked: Blocked,
    private readonly mayExpireMore: boolean,
  ) {
    this.uid = uid;
    this.epoch = epoch;
    this.book = book;
    this.now = now;
    this.gathered = new Portions(limits, () => {
      const { ledger, nextExpiry } = book;
      return { events: [], indexed: [], position: ledger.position, bytes: 0, ledger, nextExpiry };
    });
    blocked.serve(this);
  }

  get portions(): readonly LedgerPortion[] {
    return this.gathered.all;
  }

  get full(): boolean {
    return this.gathered.full;
  }

  /** Nothing more expires in it. */
  get sliceIsUsedUp(): boolean {
    return this.full || this.slice.isUsedUp;
  }

  admits(ask: Ask, submission: Submission<Ask, Reply>): boolean {
    return !this.blocked.has(submission) && this.blocked.letPass(submission, this.accountsToClear(ask), this);
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

  finish(): void {
    if (!this.mayExpireMore) return;
    this.blocked.serveWithTheRest(this);
    this.clearWithTheRest();
  }

  decide(ask: Ask, origin: Origin): Reply | WriterFault {
    if (this.book.ledger.position === 0 && ask.kind !== 'open-ledger') return neverOpened();
    switch (ask.kind) {
      case 'lookup':
        return this.book.command(ask.id) ?? null;
      case 'hold': {
        this.clear(this.accountsOfDue(ask.id));
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

  /** The accounts that this touches, where any hold at all is due: on them, holds expire before it is decided. */
  private accountsToClear(ask: Ask): readonly string[] {
    const asked = ask.kind === 'command' ? ask.command : ask.kind === 'group' ? ask.group : null;
    return asked && this.isDue() ? [...new Set(accountsTouched(this.book, asked))] : [];
  }

  /** The accounts of a hold that is looked up, where it is due itself. */
  private accountsOfDue(id: string): readonly string[] {
    const hold = this.book.open.get(id);
    return hold && hold.expiresAt !== null && hold.expiresAt <= this.moment ? [hold.debit, hold.credit] : [];
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
    const portion = this.gathered.add(encoded);
    for (const event of events) {
      this.book.apply(event);
      const entry = indexEntry(event);
      if (entry) portion.indexed.push(entry);
    }
    portion.ledger = this.book.ledger;
    portion.position = portion.ledger.position;
    portion.nextExpiry = this.book.nextExpiry;
  }

  private encode(events: readonly LedgerEvent[], origin: Origin): EncodedEvent[] {
    const stream = journalStream(this.uid);
    const salt = (): string => randomUUID().replaceAll('-', '');
    return events.map((event) => encodeEvent(event, { ...origin, eventId: eventId(this.uid, this.epoch, event), stream, salt }));
  }
}
