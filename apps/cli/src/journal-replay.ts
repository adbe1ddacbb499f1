import { type Envelope, type JournalItemBody, commitment, decodeEnvelope, decodeEvent } from '@mizan/contracts';
import { Audit, type LedgerEvent, isEntry } from '@mizan/ledger';
import { Check } from './check.js';

/** The name under which the audit notes that a command, decided again, gives another result. */
const DECIDED = 'history decides itself again';

/** Reads a ledger's journal from its end of events already taken, as the API gives it. */
export type ReadJournal = (after: number) => AsyncIterable<JournalItemBody>;

/**
 * A journal taken event by event into an empty book: every position, commitment and invariant is checked and every
 * command decided again. What it keeps is the book; the events pass through.
 */
export class JournalReplay {
  readonly positions = new Check('positions without a gap');
  readonly texts = new Check('texts that fit their commitment');
  readonly entries = new Check('entries decided again');
  readonly others = new Check('other events decided again');
  readonly invariants = new Check('events against every invariant');
  /** Events whose texts have been erased: no difference, and no proof either. */
  erased = 0;
  /** The last position read, and when it was recorded (ms since the epoch). */
  position = 0;
  recordedAt = Number.MIN_SAFE_INTEGER;
  readonly #audit = new Audit();
  readonly #read: ReadJournal;
  #source: AsyncIterator<JournalItemBody> | null = null;
  /** Read already, and not taken yet. */
  #waiting: JournalItemBody | null = null;
  #stream: string | null = null;
  #unreadable = false;
  #noted = 0;

  constructor(read: ReadJournal) {
    this.#read = read;
  }

  get book(): Audit['book'] {
    return this.#audit.book;
  }

  /** Whether every event so far is in the book, so that it can be compared with anything. */
  get isWhole(): boolean {
    return !this.#unreadable && this.book.ledger.position === this.position;
  }

  get checks(): readonly Check[] {
    return [this.positions, this.texts, this.entries, this.others, this.invariants];
  }

  /** Reads on to this position and no further. False where the journal ends before it. */
  async advanceTo(position: number, onEvent: () => void = () => undefined): Promise<boolean> {
    while (this.position < position) {
      const item = await this.#next();
      if (item === null) return false;
      this.#take(item);
      onEvent();
    }
    return true;
  }

  /** Reads on to the last event recorded at or before a moment (ms since the epoch), or to the end. */
  async advanceThrough(moment: number, onEvent: () => void = () => undefined): Promise<void> {
    for (let item = await this.#next(); item !== null; item = await this.#next()) {
      if (recordedAtOf(item) > moment) {
        this.#waiting = item;
        return;
      }
      this.#take(item);
      onEvent();
    }
  }

  /** After the last event: a group that has begun must have ended. */
  end(): void {
    this.#audit.end();
    this.#note(null);
  }

  /** A journal that has ended may have grown since: then it is asked once more. */
  async #next(): Promise<JournalItemBody | null> {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting) return waiting;
    for (const fresh of [this.#source === null, true]) {
      if (fresh) this.#source = this.#read(this.position)[Symbol.asyncIterator]();
      const { done, value } = await this.#source!.next();
      if (!done) return value;
    }
    this.#source = null;
    return null;
  }

  #take(item: JournalItemBody): void {
    this.recordedAt = Math.max(recordedAtOf(item), this.recordedAt);
    this.positions.count += 1;
    if (item.position !== this.position + 1) this.positions.differs(`position ${item.position} follows ${this.position}`);
    this.position = Math.max(item.position, this.position + 1);
    if (this.#unreadable) return;
    const event = this.#decode(item);
    if (event === null) {
      this.#unreadable = true;
      return;
    }
    (isEntry(event) ? this.entries : this.others).count += 1;
    this.invariants.count += 1;
    this.#audit.see(event);
    this.#note(event);
  }

  #decode(item: JournalItemBody): LedgerEvent | null {
    try {
      const envelope = decodeEnvelope(item.event);
      this.#checkPlace(envelope, item.position);
      this.#checkTexts(envelope, item);
      return decodeEvent(item.event, item.texts);
    } catch (error) {
      this.invariants.differs(`position ${item.position} cannot be read, nor anything after it: ${(error as Error).message}`);
      return null;
    }
  }

  #checkPlace({ stream, version }: Envelope, position: number): void {
    this.#stream ??= stream;
    if (stream !== this.#stream) this.positions.differs(`position ${position} holds an event of another journal, ${stream}`);
    if (version !== position) this.positions.differs(`position ${position} holds the event of position ${version}`);
  }

  #checkTexts({ data }: Envelope, { position, texts }: JournalItemBody): void {
    const promised = (data as { texts?: string | null }).texts ?? null;
    if (texts === null) {
      if (promised !== null) this.erased += 1;
      return;
    }
    this.texts.count += 1;
    if (promised !== commitment(texts)) this.texts.differs(`the texts beside position ${position} are not those it was written with`);
  }

  /** What the audit has found since the last event. */
  #note(event: LedgerEvent | null): void {
    for (; this.#noted < this.#audit.violations.length; this.#noted += 1) {
      const { invariant, position, detail } = this.#audit.violations[this.#noted]!;
      if (invariant !== DECIDED) this.invariants.differs(`position ${position}: ${invariant}: ${detail}`);
      else (event && isEntry(event) ? this.entries : this.others).differs(`position ${position}: ${detail}`);
    }
  }
}

/** Of an event that cannot be read: so early that it is taken, and found to be so. */
function recordedAtOf(item: JournalItemBody): number {
  try {
    return Date.parse(decodeEnvelope(item.event).recordedAt);
  } catch {
    return Number.MIN_SAFE_INTEGER;
  }
}
