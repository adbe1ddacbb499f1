import { hugeLegs, names, someAccount, someAmount, someLegs, somePostings, termsOf } from './chart.js';
import type { Dice } from './dice.js';
import type { LookUp } from './history.js';
import { misshapen } from './misshapen.js';
import { type Operation, membersOf } from './operation.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** How often each is made, out of all of these together. */
const weights = {
  transfer: 24,
  postings: 9,
  capped: 7,
  hold: 18,
  capture: 12,
  release: 4,
  reverse: 10,
  update: 5,
  close: 3,
  reopen: 5,
  'close-period': 1,
  cancel: 4,
  open: 4,
  huge: 1,
  'huge hold': 1,
  misshapen: 2,
};

/** Makes operations for one ledger, out of those it made before. */
export class Operations {
  private readonly sent: Operation[] = [];
  /** Ids that may be those of holds and entries, and ids that are. */
  private readonly holds: string[] = [];
  private readonly entries: string[] = [];
  private readonly placed: string[] = [];
  private readonly posted: string[] = [];
  private count = 0;
  /** Around this moment holds fall due, ms since the epoch. */
  private dueTogether = 0;

  constructor(private readonly dice: Dice) {}

  /** The accounts everybody uses, with limits that are soon reached. */
  openings(): Operation[] {
    return names.map((id) => this.opening(id));
  }

  /** An operation, or a group of some. @param now ms since the epoch. */
  next(now: number): Operation {
    const { dice } = this;
    if (!dice.chance(0.12)) return this.single(now);
    const operations = Array.from({ length: dice.between(1, 5) }, () => this.single(now));
    return { op: 'group', operations };
  }

  /** What was asked was done: others may go on from it. */
  done(operation: Operation): void {
    const { op, id } = operation;
    if (op === 'hold') this.placed.push(id!);
    if (op === 'transfer' || op === 'capture' || op === 'reverse') this.posted.push(id!);
    if (op === 'group') for (const member of membersOf(operation)) this.done(member);
  }

  /** A look-up, mostly of what there is, under its own noun or another. */
  lookUp(): LookUp {
    const { dice } = this;
    const kind = dice.pick(['lookup', 'hold', 'entry'] as const);
    if (dice.chance(0.2)) return { kind, id: this.someId() };
    const isHold = dice.chance(kind === 'hold' ? 0.6 : 0.4);
    return { kind, id: isHold ? this.someHold() : this.someEntry() };
  }

  /** An id that was sent, or one that nobody sent. */
  private someId(): string {
    const known = this.sent.length > 0 && this.dice.chance(0.9) ? this.dice.pick(this.sent).id : undefined;
    return known ?? 'nobody';
  }

  private single(now: number): Operation {
    const { dice } = this;
    if (this.sent.length > 0 && dice.chance(0.1)) return this.again();
    const operation = this.fresh(now);
    if (operation.id !== undefined) this.sent.push(operation);
    return operation;
  }

  /** The same again, or other content under the same id. */
  private again(): Operation {
    const { dice } = this;
    const before = dice.pick(this.sent);
    if (dice.chance(0.7)) return before;
    if (dice.chance(0.3)) return { op: 'release', id: before.id!, hold: this.holds.at(-1) ?? 'nothing' };
    return this.altered(before);
  }

  /** Other content in one field or some. */
  private altered(before: Operation): Operation {
    const { dice } = this;
    switch (before.op) {
      case 'transfer':
      case 'hold':
      case 'capture':
      case 'reverse': {
        const { op, id } = before;
        if (op === 'transfer' && dice.chance(0.2)) return { op, id: id!, ...dice.pick([someLegs(dice), { postings: somePostings(dice) }]) };
        if ('amount' in before && dice.chance(0.5)) return { ...before, amount: someAmount(dice, 60) };
        return { ...before, ...dice.pick([{ reference: 'altered' }, { metadata: { shop: 'c' } }]) };
      }
      case 'update':
      case 'close':
      case 'reopen':
        return { ...before, account: someAccount(dice) };
      case 'open':
        return { ...before, metadata: { kind: 'altered' } };
      case 'close-period':
        return { ...before, through: '2026-01-31' };
      case 'release':
        return { ...before, hold: this.someHold() };
      default:
        return before;
    }
  }

  private fresh(now: number): Operation {
    const { dice } = this;
    const id = `c${++this.count}`;
    switch (dice.weighed(weights)) {
      case 'transfer':
        return this.entry({ op: 'transfer', id, ...someLegs(dice), ...this.times(now), ...this.words() });
      case 'postings':
        return this.entry({ op: 'transfer', id, postings: somePostings(dice), ...this.times(now), ...this.words() });
      case 'capped':
        return this.entry({
          op: 'transfer',
          id,
          ...someLegs(dice),
          amount: someAmount(dice, 150),
          cap: dice.pick(['debit', 'credit', 'both']),
        });
      case 'hold':
        return this.placing({ op: 'hold', id, ...someLegs(dice), ...this.expiry(now), ...this.words() });
      case 'capture':
        return this.entry({
          op: 'capture',
          id,
          hold: this.someHold(),
          ...(dice.chance(0.5) ? { amount: someAmount(dice, 25) } : {}),
          ...(dice.chance(0.4) ? { final: false } : {}),
          ...this.times(now),
          ...this.words(),
        });
      case 'release':
        return { op: 'release', id, hold: this.someHold() };
      case 'reverse':
        return this.entry({
          op: 'reverse',
          id,
          entry: this.someEntry(),
          ...(dice.chance(0.5) ? { amount: someAmount(dice, 20) } : {}),
          ...this.words(),
        });
      case 'update':
        return { op: 'update', id, account: someAccount(dice), ...this.change() };
      case 'close':
        return { op: 'close', id, account: someAccount(dice) };
      case 'reopen':
        return { op: 'reopen', id, account: someAccount(dice) };
      case 'close-period':
        return { op: 'close-period', id, through: new Date(now - dice.between(0, 3) * DAY_MS).toISOString().slice(0, 10) };
      case 'cancel':
        return { op: 'cancel', id: dice.chance(0.4) ? this.someId() : id };
      case 'open':
        return this.opening(someAccount(dice));
      case 'huge':
        return { op: 'transfer', id, ...hugeLegs(dice) };
      case 'huge hold':
        return this.placing({ op: 'hold', id, ...hugeLegs(dice), ...this.expiry(now) });
      case 'misshapen':
        return misshapen(dice, id, now);
    }
  }

  private entry(operation: Operation): Operation {
    this.entries.push(operation.id!);
    return operation;
  }

  private placing(operation: Operation): Operation {
    this.holds.push(operation.id!);
    return operation;
  }

  private opening(id: string): Operation {
    return { op: 'open', id, ...termsOf(id, this.dice) };
  }

  private times(now: number): object {
    const { dice } = this;
    if (dice.chance(0.7)) return {};
    const effective = dice.chance(0.85) ? now - dice.between(0, 3 * 24 * 3600) * 1000 : now + dice.between(1, 200) * 1000;
    return { effectiveAt: new Date(effective).toISOString() };
  }

  /** Many fall due within a few milliseconds, and not in the order in which they were placed. */
  private expiry(now: number): object {
    const { dice } = this;
    if (dice.chance(0.3)) return {};
    if (this.dueTogether < now + 300) this.dueTogether = now + dice.between(600, 5_000);
    const together = dice.chance(0.6) ? this.dueTogether + dice.between(0, 25) : now + dice.between(300, 9_000);
    return { expiresAt: new Date(dice.chance(0.06) ? now - 1_000 : together).toISOString() };
  }

  private words(): object {
    const { dice } = this;
    if (dice.chance(0.75)) return {};
    return {
      reference: `invoice ${dice.between(1, 9)}`,
      ...(dice.chance(0.4) ? { metadata: { shop: dice.pick(['a', 'b']), till: '1' } } : {}),
    };
  }

  private change(): object {
    const { dice } = this;
    switch (dice.between(0, 3)) {
      case 0:
        return { frozen: dice.pick(['none', 'debits', 'credits', 'all']) };
      case 1:
        return { minBalance: dice.pick([null, '0', '-50', '20']), frozen: 'none' };
      case 2:
        return { maxBalance: dice.pick([null, '100', '300']) };
      default:
        return { metadata: { kind: dice.pick(['a', 'b', 'c']) }, frozen: dice.pick(['none', 'debits']) };
    }
  }

  private someHold(): string {
    return this.recent(this.holds, this.placed);
  }

  private someEntry(): string {
    return this.recent(this.entries, this.posted);
  }

  private recent(sent: readonly string[], done: readonly string[]): string {
    const ids = done.length > 0 && this.dice.chance(0.7) ? done : sent;
    return ids.length === 0 || this.dice.chance(0.04) ? 'nothing' : this.dice.pick(ids.slice(-5));
  }
}
