import type { Dice } from './dice.js';

/** An operation as a caller sends it: parsed JSON with its `op`. */
export type Operation = { readonly op: string; readonly id?: string } & Readonly<Record<string, unknown>>;

const DAY_MS = 24 * 60 * 60 * 1000;

/** Accounts that callers speak of: type and asset. The last was never opened by anybody. */
const accounts: Readonly<Record<string, readonly [type: string, asset: string]>> = {
  'bank:cash': ['asset', 'CZK'],
  'bank:fees': ['income', 'CZK'],
  'clients:1': ['liability', 'CZK'],
  'clients:2': ['liability', 'CZK'],
  'clients:3': ['liability', 'CZK'],
  'bank:usd': ['asset', 'USD'],
  'clients:4': ['liability', 'USD'],
  'shop:points': ['expense', 'POINTS'],
  'clients:5': ['equity', 'POINTS'],
};
const names = Object.keys(accounts);
const crowns = names.filter((name) => accounts[name]![1] === 'CZK');
const STRANGER = 'clients:9';
/** Two of these overflow a total. */
const HUGE = String(2n ** 127n);

const weights = {
  transfer: 24,
  postings: 9,
  capped: 7,
  hold: 14,
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
  done({ op, id, operations }: Operation): void {
    if (op === 'hold') this.placed.push(id!);
    if (op === 'transfer' || op === 'capture' || op === 'reverse') this.posted.push(id!);
    for (const member of (operations as Operation[] | undefined) ?? []) this.done(member);
  }

  /** An id that was sent, or one that nobody sent. */
  someId(): string {
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

  private altered(before: Operation): Operation {
    if ('amount' in before) return { ...before, amount: String(this.dice.between(1, 60)) };
    switch (before.op) {
      case 'update':
      case 'close':
      case 'reopen':
        return { ...before, account: this.account() };
      case 'open':
        return { ...before, metadata: { kind: 'altered' } };
      case 'close-period':
        return { ...before, through: '2026-01-31' };
      case 'release':
        return { ...before, hold: this.someHold() };
      case 'transfer':
      case 'capture':
      case 'reverse':
        return { ...before, reference: 'altered' };
      default:
        return before;
    }
  }

  private fresh(now: number): Operation {
    const { dice } = this;
    const id = `c${++this.count}`;
    switch (dice.weighed(weights)) {
      case 'transfer':
        return this.entry({ op: 'transfer', id, ...this.legs(), ...this.times(now), ...this.words() });
      case 'postings':
        return this.entry({ op: 'transfer', id, postings: this.postings(), ...this.times(now), ...this.words() });
      case 'capped':
        return this.entry({ op: 'transfer', id, ...this.legs(), amount: this.amount(150), cap: dice.pick(['debit', 'credit', 'both']) });
      case 'hold':
        this.holds.push(id);
        return { op: 'hold', id, ...this.legs(), ...this.expiry(now), ...this.words() };
      case 'capture':
        return this.entry({
          op: 'capture',
          id,
          hold: this.someHold(),
          ...(dice.chance(0.5) ? { amount: this.amount(25) } : {}),
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
          ...(dice.chance(0.5) ? { amount: this.amount(20) } : {}),
          ...this.words(),
        });
      case 'update':
        return { op: 'update', id, account: this.account(), ...this.change() };
      case 'close':
        return { op: 'close', id, account: this.account() };
      case 'reopen':
        return { op: 'reopen', id, account: this.account() };
      case 'close-period':
        return { op: 'close-period', id, through: new Date(now - dice.between(0, 3) * DAY_MS).toISOString().slice(0, 10) };
      case 'cancel':
        return { op: 'cancel', id: dice.chance(0.4) ? this.someId() : id };
      case 'open':
        return this.opening(this.account());
      case 'huge':
        return { op: 'transfer', id, debit: 'bank:cash', credit: 'bank:fees', amount: HUGE };
      case 'misshapen':
        return this.misshapen(id, now);
    }
  }

  private entry(operation: Operation): Operation {
    this.entries.push(operation.id!);
    return operation;
  }

  private opening(id: string): Operation {
    const { dice } = this;
    const [type, asset] = accounts[id] ?? ['liability', 'XXX9'];
    const floor = id.startsWith('clients') && dice.chance(0.7) ? { minBalance: String(dice.pick([0, -40, -150])) } : {};
    const ceiling = dice.chance(0.25) ? { maxBalance: String(dice.between(80, 200)) } : {};
    return {
      op: 'open',
      id,
      type,
      asset,
      ...floor,
      ...ceiling,
      ...(dice.chance(0.3) ? { metadata: { kind: dice.pick(['a', 'b']) } } : {}),
    };
  }

  private account(): string {
    return this.dice.chance(0.03) ? STRANGER : this.dice.pick(names);
  }

  /** Mostly of one asset, as it must be. */
  private legs(): { debit: string; credit: string; amount: string } {
    const { dice } = this;
    const debit = this.account();
    const peers = names.filter((name) => name !== debit && (accounts[name]![1] === accounts[debit]?.[1] || dice.chance(0.03)));
    const credit = dice.chance(0.02) || peers.length === 0 ? STRANGER : dice.pick(peers);
    return { debit, credit: credit === debit ? 'bank:cash' : credit, amount: this.amount(40) };
  }

  private amount(most: number): string {
    return String(this.dice.between(1, most));
  }

  private postings(): readonly object[] {
    const { dice } = this;
    const amount = dice.between(2, 40);
    const part = dice.between(1, amount - 1);
    const [one, two, three] = dice.shuffled(crowns) as [string, string, string];
    const split = [
      { account: one, side: 'debit', amount: String(amount) },
      { account: two, side: 'credit', amount: String(part) },
      { account: three, side: 'credit', amount: String(amount - part) },
    ];
    switch (dice.between(0, 3)) {
      case 0:
        return split;
      case 1:
        return [
          { account: 'bank:usd', side: 'debit', amount: String(part) },
          { account: 'clients:4', side: 'credit', amount: String(part) },
          ...split,
        ];
      // On an account that stands on both sides only the net effect counts.
      case 2:
        return [...split, { account: two, side: 'debit', amount: String(part) }, { account: one, side: 'credit', amount: String(part) }];
      default:
        return [
          { account: one, side: 'debit', amount: String(amount) },
          { account: dice.chance(0.1) ? 'clients:4' : two, side: 'credit', amount: String(amount) },
        ];
    }
  }

  private times(now: number): object {
    const { dice } = this;
    if (dice.chance(0.7)) return {};
    const effective = dice.chance(0.85) ? now - dice.between(0, 3 * 24 * 3600) * 1000 : now + dice.between(1, 200) * 1000;
    return { effectiveAt: new Date(effective).toISOString() };
  }

  private expiry(now: number): object {
    const { dice } = this;
    if (dice.chance(0.4)) return {};
    return { expiresAt: new Date(now + (dice.chance(0.06) ? -1_000 : dice.between(300, 9_000))).toISOString() };
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

  private misshapen(id: string, now: number): Operation {
    return this.dice.pick<Operation>([
      { op: 'transfer', id, debit: 'bank:cash', credit: 'clients:1', amount: '0' },
      { op: 'transfer', id, debit: 'bank:cash', credit: 'clients:1', amount: 7 },
      { op: 'transfer', id, debit: 'bank:cash', credit: 'bank:cash', amount: '7' },
      { op: 'transfer', id, debit: 'bank:cash', credit: 'clients:1', amount: '7', effectiveAt: new Date(now + DAY_MS).toISOString() },
      { op: 'transfer', id, debit: 'bank:cash', credit: 'clients:1', amount: '7', cap: 'neither' },
      { op: 'hold', id, debit: 'bank cash', credit: 'clients:1', amount: '7' },
      { op: 'teleport', id },
    ]);
  }
}

/** What a badly shaped operation must be refused as; null for a good one. @param now about when it was read, ms since the epoch. */
export function shapeFault({ op, debit, credit, amount, cap, effectiveAt }: Operation, now: number): string | null {
  if (debit === 'bank cash') return 'invalid_account';
  if (amount === '0' || typeof amount === 'number') return 'invalid_amount';
  if (debit !== undefined && debit === credit) return 'same_account';
  if (effectiveAt !== undefined && Date.parse(effectiveAt as string) > now + DAY_MS / 2) return 'invalid_date';
  return op === 'teleport' || cap === 'neither' ? 'invalid_operation' : null;
}
