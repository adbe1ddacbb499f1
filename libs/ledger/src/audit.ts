import { Book } from './book.js';
import { MAX_GROUP_OPERATIONS } from './command.js';
import { firstDifference } from './difference.js';
import { type LedgerEvent, isEntry } from './events.js';
import type { Entry } from './facts.js';
import { type History, type Sum, invariants, sumsAfter } from './invariants.js';
import { redecide } from './redecide.js';

export interface Violation {
  readonly invariant: string;
  readonly position: number;
  readonly detail: string;
}

/** More violations than this say nothing new. */
const MOST_VIOLATIONS = 100;
const KEPT_COMMANDS = 10_000;

/** A book that knows every entry for ever, in few words, so that its reversals can be looked at. */
class AuditedBook extends Book {
  private readonly posted = new Map<string, Entry>();

  override entry(id: string): Entry | undefined {
    return this.entries.get(id) ?? this.posted.get(id);
  }

  override apply(event: LedgerEvent): void {
    super.apply(event);
    if (!isEntry(event)) return;
    const { id } = event.command;
    const postings = event.postings.map(({ account, side, amount }) => ({ account: this.account(account)!.id, side, amount }));
    this.posted.set(id, { id, postings, reversed: 0n, reversedBy: [], position: event.position });
  }

  /** Forgets the commands; those that placed open holds are needed when they are captured. */
  forget(): void {
    for (const id of [...this.commands.keys()]) if (!this.open.has(id)) this.commands.delete(id);
  }
}

/**
 * Reads a journal from its first event on: checks each event against every invariant, and decides every command
 * again. The work per event is bounded; of the past it keeps the accounts, their
 * openings, the holds, the postings of entries, and the ids.
 * An event that cannot be taken into the book ends the audit: nothing can be said of what comes after it.
 */
export class Audit implements History {
  readonly book = new AuditedBook();
  readonly violations: Violation[] = [];
  readonly spent = new Set<string>();
  readonly exponents = new Map<string, number>();
  readonly sums = new Map<string, Sum>();
  /** The events so far of the command or group that is being read. */
  private pending: LedgerEvent[] = [];
  private over = false;

  see(event: LedgerEvent): void {
    if (this.over) return;
    const begins = this.pending.length === 0;
    const { first, last } = this.pending[0]?.group ?? event.group ?? { first: event.position, last: event.position };
    const belongs = begins ? first === event.position : event.group?.first === first && event.group.last === last;
    if (!belongs || last - first >= MAX_GROUP_OPERATIONS) return this.torn(event);
    this.pending.push(event);
    if (event.position >= last) this.settle();
  }

  /** After the last event. */
  end(): readonly Violation[] {
    const [unfinished] = this.pending;
    if (unfinished) this.torn(unfinished);
    return this.violations;
  }

  private torn({ position }: LedgerEvent): void {
    this.note('a group is whole', position, 'an event of its group is missing, or does not belong to it', true);
  }

  /** A command or group has been read to its end. */
  private settle(): void {
    const events = this.pending;
    this.pending = [];
    this.note('history decides itself again', events[0]!.position, redecide(this.book, events));
    for (const event of events) this.take(event);
  }

  private take(event: LedgerEvent): void {
    if (this.over) return;
    for (const { name, broken, final } of invariants) this.note(name, event.position, broken(this, event), final);
    if (this.over) return;
    for (const [asset, sum] of sumsAfter(this.book, this.sums, event)) this.sums.set(asset, sum);
    if (event.type === 'AccountOpened') this.exponents.set(event.account.asset, event.account.exponent);
    else if ('command' in event) this.spent.add(event.command.id);
    this.book.apply(event);
    if (this.book.commands.size >= KEPT_COMMANDS + this.book.open.size) this.book.forget();
  }

  private note(invariant: string, position: number, detail: string | null, final = false): void {
    if (detail === null) return;
    this.violations.push({ invariant, position, detail });
    this.over ||= final || this.violations.length >= MOST_VIOLATIONS;
  }
}

/** All that is wrong with a whole journal; nothing, where it is sound. */
export function checkJournal(events: Iterable<LedgerEvent>): readonly Violation[] {
  const audit = new Audit();
  for (const event of events) audit.see(event);
  return audit.end();
}

/** Whether two books say the same of the ledger, of every account and of every open hold: what differs first, or null. */
export function bookDifference(left: Book, right: Book): string | null {
  const ledger = firstDifference(left.ledger, right.ledger);
  if (ledger) return ledger;
  const ids = new Set([...left.accounts.keys(), ...right.accounts.keys()]);
  for (const id of ids) {
    const difference = firstDifference(left.account(id), right.account(id));
    if (difference) return `${id}: ${difference}`;
  }
  for (const id of new Set([...left.open.keys(), ...right.open.keys()])) {
    const difference = firstDifference(left.open.get(id), right.open.get(id));
    if (difference) return `hold ${id}: ${difference}`;
  }
  return null;
}
