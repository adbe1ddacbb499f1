import type { Operation } from '../operation.js';
import type { Refusal } from '../refusal.js';
import { type PlainAccount, altered, opened } from './accounts.js';
import { type Content, contentOf, differingField } from './content.js';
import {
  type Done,
  type PlainEntry,
  type PlainHold,
  type Standing,
  capture,
  dayOf,
  giveBack,
  hold,
  release,
  reverse,
  transfer,
} from './movements.js';

// The rule book once more, written as plainly as possible and as slow as that is, from the text of the rules alone:
// the judge of what the real rules do. It shares no code with them.

/** What an operation comes to. */
export type Outcome =
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly recorded: boolean }
  /** The id was spent: the position of its first answer, and the refusal where that was one. */
  | { readonly kind: 'replayed'; readonly position: number; readonly refusal: Refusal | null }
  | ({ readonly kind: 'applied' } & Done);

interface Spent {
  readonly position: number;
  readonly content: Content;
  /** Where it was refused, and that was recorded. */
  readonly refusal: Refusal | null;
}

const ASSETS: readonly unknown[] = ['CZK', 'USD', 'POINTS'];
const MOVEMENTS = ['transfer', 'hold', 'capture', 'reverse'];
const RECORDED = [
  'account_not_found',
  'hold_not_found',
  'entry_not_found',
  'account_closed',
  'account_frozen',
  'insufficient_funds',
  'limit_exceeded',
];

/** One ledger as the plain rules see it. */
export class PlainLedger implements Standing {
  position = 0;
  time = 0;
  closedThrough = '';
  accounts = new Map<string, PlainAccount>();
  holds = new Map<string, PlainHold>();
  entries = new Map<string, PlainEntry>();
  spent = new Map<string, Spent>();
  openings = new Map<string, Spent>();

  copy(): PlainLedger {
    const copy = new PlainLedger();
    Object.assign(copy, { position: this.position, time: this.time, closedThrough: this.closedThrough });
    for (const [id, account] of this.accounts) copy.accounts.set(id, { ...account });
    for (const [id, open] of this.holds) copy.holds.set(id, { ...open });
    for (const [id, entry] of this.entries) copy.entries.set(id, { ...entry });
    copy.spent = new Map(this.spent);
    copy.openings = new Map(this.openings);
    return copy;
  }

  /** What this operation must come to, as things stand. @param now the journal's time, ms since the epoch. */
  outcome(operation: Operation, now: number): Outcome {
    const { op, id } = operation;
    if (op === 'open' && !ASSETS.includes(operation.asset)) return refused(op, { code: 'invalid_asset', field: 'asset' });
    const first = op === 'open' ? this.openings.get(id!) : this.spent.get(id!);
    if (first) {
      const comesBack = first.refusal !== null || op === 'cancel';
      const field = comesBack ? null : differingField(contentOf(operation), first.content);
      if (field !== null) return refused(op, { code: 'id_conflict', field });
      return { kind: 'replayed', position: first.position, refusal: first.refusal };
    }
    const done = this.try(operation, now);
    return 'code' in done ? refused(op, done) : { kind: 'applied', ...done };
  }

  /** Takes what was done, or recorded as refused, into the ledger. */
  take(operation: Operation, outcome: Outcome, position: number): void {
    if (outcome.kind === 'replayed') throw new Error('A replay does nothing.');
    this.position = position;
    if (outcome.kind === 'applied') {
      outcome.change();
      if (outcome.postings.length > 0) this.entries.set(operation.id!, { postings: outcome.postings, reversed: 0n, reversedBy: [] });
    }
    const spent = { position, content: contentOf(operation), refusal: outcome.kind === 'refused' ? outcome.refusal : null };
    (operation.op === 'open' ? this.openings : this.spent).set(operation.id!, spent);
  }

  /** The open holds that are due at a moment, in the order of their expiry. */
  due(now: number): PlainHold[] {
    const due = [...this.holds.values()].filter(({ status, expiresAt }) => status === 'placed' && expiresAt !== null && expiresAt <= now);
    return due.sort((one, other) => one.expiresAt! - other.expiresAt!);
  }

  /** Those on the accounts that any of these operations touches. */
  dueFor(operations: readonly Operation[], now: number): PlainHold[] {
    const due = this.due(now);
    if (due.length === 0) return due;
    const touched = new Set(operations.flatMap((operation) => this.touchedBy(operation)));
    return due.filter(({ debit, credit }) => touched.has(debit) || touched.has(credit));
  }

  expire(open: PlainHold, position: number): void {
    this.position = position;
    giveBack(this, open, 'expired');
  }

  private touchedBy(operation: Operation): readonly string[] {
    const named = this.holds.get(operation.hold as string);
    if (named) return [named.debit, named.credit];
    const entry = this.entries.get(operation.entry as string);
    if (entry) return entry.postings.map(({ account }) => account);
    const legs = (operation.postings as { account: string }[] | undefined) ?? [];
    const names = [operation.account, operation.debit, operation.credit, ...legs.map(({ account }) => account)];
    return [...names, operation.op === 'open' ? operation.id : undefined].filter((name) => typeof name === 'string');
  }

  private try(operation: Operation, now: number): Refusal | Done {
    switch (operation.op) {
      case 'open':
        return nothingMoves(() => void this.accounts.set(operation.id!, opened(operation)));
      case 'transfer':
        return transfer(this, operation, now);
      case 'hold':
        return hold(this, operation, now);
      case 'capture':
        return capture(this, operation, now);
      case 'release':
        return release(this, operation);
      case 'reverse':
        return reverse(this, operation, now);
      case 'update':
      case 'close':
      case 'reopen':
        return this.alter(operation);
      case 'close-period':
        return this.closePeriod(operation.through as string, now);
      default:
        return { code: operation.op === 'cancel' ? 'cancelled' : 'invalid_operation' };
    }
  }

  private alter(operation: Operation): Refusal | Done {
    const id = operation.account as string;
    const account = this.accounts.get(id);
    if (!account) return { code: 'account_not_found', account: id };
    const after = altered(account, operation);
    return 'code' in after ? after : nothingMoves(() => void this.accounts.set(id, after));
  }

  private closePeriod(through: string, now: number): Refusal | Done {
    if (through <= this.closedThrough) return { code: 'period_closed', field: 'through' };
    if (through >= dayOf(now)) return { code: 'invalid_date', field: 'through' };
    return nothingMoves(() => void (this.closedThrough = through));
  }
}

const nothingMoves = (change: () => void): Done => ({ postings: [], effectiveAt: null, change });

const refused = (op: string, refusal: Refusal): Outcome => ({
  kind: 'refused',
  refusal,
  recorded: refusal.code === 'cancelled' || (MOVEMENTS.includes(op) && RECORDED.includes(refusal.code)),
});
