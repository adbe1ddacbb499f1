import { Book } from './book.js';
import { MAX_GROUP_OPERATIONS } from './command.js';
import { firstDifference } from './difference.js';
import type { LedgerEvent } from './events.js';
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

/**
 * Reads a journal from its first event on: checks each event against every invariant, and decides every command
 * again. The work per event is bounded; of the past it keeps the accounts, their openings, and the ids.
 * An event that cannot be taken into the book ends the audit: nothing can be said of what comes after it.
 */
export class Audit implements History {
  readonly book = new Book();
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
    else if (event.type !== 'LedgerOpened') this.spent.add(event.command.id);
    this.book.apply(event);
    if (this.book.commands.size >= KEPT_COMMANDS) this.book.commands.clear();
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

/** Whether two books say the same of the ledger and of every account: what differs first, or null. */
export function bookDifference(left: Book, right: Book): string | null {
  const ledger = firstDifference(left.ledger, right.ledger);
  if (ledger) return ledger;
  const ids = new Set([...left.accounts.keys(), ...right.accounts.keys()]);
  for (const id of ids) {
    const difference = firstDifference(left.account(id), right.account(id));
    if (difference) return `${id}: ${difference}`;
  }
  return null;
}
