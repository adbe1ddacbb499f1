import type { Operation } from '../operations.js';

// The rule book once more, written as plainly as possible and as slow as that is, from the text of the rules alone:
// the judge of what the real rules do. It shares no code with them.

export interface PlainAccount {
  id: string;
  type: string;
  asset: string;
  min: bigint | null;
  max: bigint | null;
  frozen: string;
  closed: boolean;
  metadata: string;
  debitsPosted: bigint;
  debitsHeld: bigint;
  creditsPosted: bigint;
  creditsHeld: bigint;
}

export interface PlainHold {
  id: string;
  debit: string;
  credit: string;
  amount: bigint;
  captured: bigint;
  released: bigint;
  status: string;
  expiresAt: number | null;
}

export interface PlainPosting {
  account: string;
  side: string;
  amount: bigint;
}

export interface PlainEntry {
  postings: readonly PlainPosting[];
  reversed: bigint;
}

/** What an operation would do: a refusal's code; or the movements, and the further changes that make it. */
export type Outcome =
  | { readonly kind: 'refused'; readonly code: string; readonly recorded: boolean }
  /** The id was spent: the position of its first answer. */
  | { readonly kind: 'replayed'; readonly position: number; readonly code: string | null }
  | {
      readonly kind: 'applied';
      readonly postings: readonly PlainPosting[];
      readonly effectiveAt: number | null;
      readonly change: () => void;
    };

interface Spent {
  readonly position: number;
  readonly content: string;
  /** Of a recorded refusal. */
  readonly code: string | null;
}

const MOST = 2n ** 128n - 1n;
const RECORDED = [
  'account_not_found',
  'hold_not_found',
  'entry_not_found',
  'account_closed',
  'account_frozen',
  'insufficient_funds',
  'limit_exceeded',
];
const MOVEMENTS = ['transfer', 'hold', 'capture', 'reverse'];

const remaining = (hold: PlainHold): bigint => hold.amount - hold.captured - hold.released;
const growsByDebits = (account: PlainAccount): boolean => account.type === 'asset' || account.type === 'expense';
const total = (postings: readonly PlainPosting[]): bigint =>
  postings.filter(({ side }) => side === 'debit').reduce((sum, { amount }) => sum + amount, 0n);
const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const moment = (value: unknown): number | null => (value === undefined || value === null ? null : Date.parse(value as string));
const big = (value: unknown): bigint | null => (value === undefined || value === null ? null : BigInt(value as string));

const sorted = (value: unknown): unknown => Object.entries((value ?? {}) as object).sort(([one], [other]) => (one < other ? -1 : 1));

/** What an operation says, after defaults: two that say the same are one. */
export function contentOf(operation: Operation): string {
  const { id: _id, ...says } = operation;
  const texts = { reference: says.reference ?? null, metadata: sorted(says.metadata) };
  switch (says.op) {
    case 'open':
      return JSON.stringify([says.op, says.type, says.asset, String(big(says.minBalance)), String(big(says.maxBalance)), texts.metadata]);
    case 'update':
      return JSON.stringify([
        says.op,
        says.account,
        ...['minBalance', 'maxBalance'].map((limit) => (says[limit] === undefined ? 'as before' : String(big(says[limit])))),
        says.frozen,
        says.metadata === undefined ? 'as before' : texts.metadata,
      ]);
    case 'transfer':
    case 'hold':
    case 'capture':
    case 'reverse': {
      const { effectiveAt, expiresAt, postings, final, reference: _r, metadata: _m, amount, ...names } = says;
      const legs = (postings as PlainPosting[] | undefined)?.map((leg) => [leg.account, leg.side, String(BigInt(leg.amount))]);
      return JSON.stringify([sorted(names), String(big(amount)), moment(effectiveAt), moment(expiresAt), legs, final ?? true, texts]);
    }
    default:
      return JSON.stringify(sorted(says));
  }
}

/** One ledger as the plain rules see it. */
export class PlainLedger {
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
    for (const [id, hold] of this.holds) copy.holds.set(id, { ...hold });
    for (const [id, entry] of this.entries) copy.entries.set(id, { ...entry });
    copy.spent = new Map(this.spent);
    copy.openings = new Map(this.openings);
    return copy;
  }

  /** What this operation must come to, as things stand. @param now the journal's time, ms since the epoch. */
  outcome(operation: Operation, now: number): Outcome {
    if (operation.op === 'open' && !['CZK', 'USD', 'POINTS'].includes(operation.asset as string))
      return this.no(operation, 'invalid_asset');
    const first = operation.op === 'open' ? this.openings.get(operation.id!) : this.spent.get(operation.id!);
    if (first) {
      const same = first.code !== null || operation.op === 'cancel' || first.content === contentOf(operation);
      return same ? { kind: 'replayed', position: first.position, code: first.code } : this.no(operation, 'id_conflict');
    }
    const done = this.try(operation, now);
    return typeof done === 'string' ? this.no(operation, done) : { kind: 'applied', ...done };
  }

  /** Takes what was done, or recorded as refused, into the ledger. */
  take(operation: Operation, outcome: Outcome, position: number): void {
    if (outcome.kind === 'replayed') throw new Error('A replay does nothing.');
    this.position = position;
    if (outcome.kind === 'applied') {
      outcome.change();
      if (outcome.postings.length > 0) this.entries.set(operation.id!, { postings: outcome.postings, reversed: 0n });
    }
    const spent = { position, content: contentOf(operation), code: outcome.kind === 'refused' ? outcome.code : null };
    (operation.op === 'open' ? this.openings : this.spent).set(operation.id!, spent);
  }

  /** The holds that are due on the accounts an operation touches. */
  dueFor(operation: Operation, now: number): PlainHold[] {
    const touched = new Set(this.touchedBy(operation));
    return [...this.holds.values()].filter(
      ({ status, expiresAt, debit, credit }) =>
        status === 'placed' && expiresAt !== null && expiresAt <= now && (touched.has(debit) || touched.has(credit)),
    );
  }

  expire(hold: PlainHold, position: number): void {
    this.position = position;
    this.give(hold, remaining(hold), 'expired');
  }

  normal(account: PlainAccount): bigint {
    const net = account.debitsPosted - account.creditsPosted;
    return growsByDebits(account) ? net : -net;
  }

  private touchedBy(operation: Operation): readonly string[] {
    const hold = this.holds.get(operation.hold as string);
    if (hold) return [hold.debit, hold.credit];
    const entry = this.entries.get(operation.entry as string);
    if (entry) return entry.postings.map(({ account }) => account);
    const legs = (operation.postings as PlainPosting[] | undefined) ?? [];
    const named = [operation.account, operation.debit, operation.credit, ...legs.map(({ account }) => account)];
    return [...named, operation.op === 'open' ? operation.id : undefined].filter((name) => typeof name === 'string');
  }

  private no({ op }: Operation, code: string): Outcome {
    return { kind: 'refused', code, recorded: code === 'cancelled' || (MOVEMENTS.includes(op) && RECORDED.includes(code)) };
  }

  private try(operation: Operation, now: number): string | Omit<Extract<Outcome, { kind: 'applied' }>, 'kind'> {
    const nothing = { postings: [], effectiveAt: null };
    switch (operation.op) {
      case 'open':
        return { ...nothing, change: () => this.open(operation) };
      case 'transfer':
        return this.transfer(operation, now);
      case 'hold':
        return this.hold(operation, now);
      case 'capture':
        return this.capture(operation, now);
      case 'release': {
        const hold = this.holds.get(operation.hold as string);
        if (!hold) return 'hold_not_found';
        if (hold.status !== 'placed') return `hold_${hold.status}`;
        return { ...nothing, change: () => this.give(hold, remaining(hold), 'released') };
      }
      case 'reverse':
        return this.reverse(operation, now);
      case 'update':
      case 'close':
      case 'reopen':
        return this.alter(operation);
      case 'close-period': {
        const through = operation.through as string;
        if (through <= this.closedThrough) return 'period_closed';
        if (through >= day(now)) return 'invalid_date';
        return { ...nothing, change: () => void (this.closedThrough = through) };
      }
      case 'cancel':
        return 'cancelled';
      default:
        return 'invalid_operation';
    }
  }

  private open(operation: Operation): void {
    this.accounts.set(operation.id!, {
      id: operation.id!,
      type: operation.type as string,
      asset: operation.asset as string,
      min: big(operation.minBalance),
      max: big(operation.maxBalance),
      frozen: 'none',
      closed: false,
      metadata: JSON.stringify(sorted(operation.metadata)),
      debitsPosted: 0n,
      debitsHeld: 0n,
      creditsPosted: 0n,
      creditsHeld: 0n,
    });
  }

  private alter(operation: Operation): string | Omit<Extract<Outcome, { kind: 'applied' }>, 'kind'> {
    const account = this.accounts.get(operation.account as string);
    if (!account) return 'account_not_found';
    const after = { ...account };
    if (operation.op === 'update') {
      if (operation.minBalance !== undefined) after.min = big(operation.minBalance);
      if (operation.maxBalance !== undefined) after.max = big(operation.maxBalance);
      if (after.min !== null && after.max !== null && after.min > after.max) return 'invalid_amount';
      if (operation.frozen !== undefined) after.frozen = operation.frozen as string;
      if (operation.metadata !== undefined) after.metadata = JSON.stringify(sorted(operation.metadata));
    }
    if (operation.op === 'close') {
      if (account.closed) return 'account_closed';
      if (this.normal(account) !== 0n || account.debitsHeld !== 0n || account.creditsHeld !== 0n) return 'account_not_empty';
      after.closed = true;
    }
    if (operation.op === 'reopen') after.closed = false;
    return { postings: [], effectiveAt: null, change: () => void this.accounts.set(after.id, after) };
  }

  private transfer(operation: Operation, now: number): string | Omit<Extract<Outcome, { kind: 'applied' }>, 'kind'> {
    let postings = legsOf(operation);
    if (!postings.every(({ account }) => this.accounts.has(account))) return 'account_not_found';
    if (operation.cap !== undefined) postings = this.capped(operation.cap as string, postings);
    const effectiveAt = moment(operation.effectiveAt) ?? now;
    const fault = this.mismatch(postings) ?? this.inClosedPeriod(effectiveAt) ?? this.standing(postings) ?? this.limits(postings, 'Posted');
    return fault ?? { postings, effectiveAt, change: () => this.move(postings, 'Posted', 1n) };
  }

  /** The least of the amount and of what the capping accounts' limits leave. */
  private capped(cap: string, postings: readonly PlainPosting[]): PlainPosting[] {
    let most = postings[0]!.amount;
    for (const { account: id, side } of postings) {
      if (cap !== side && cap !== 'both') continue;
      const account = this.accounts.get(id)!;
      const raises = (side === 'debit') === growsByDebits(account);
      const { available, reach } = this.room(account);
      const left = raises ? account.max !== null && account.max - reach : account.min !== null && available - account.min;
      if (typeof left === 'bigint' && left < most) most = left;
    }
    // With nothing left, the smallest movement there is shows which limit says no.
    return postings.map((posting) => ({ ...posting, amount: most > 0n ? most : 1n }));
  }

  private hold(operation: Operation, now: number): string | Omit<Extract<Outcome, { kind: 'applied' }>, 'kind'> {
    const postings = legsOf(operation);
    if (!postings.every(({ account }) => this.accounts.has(account))) return 'account_not_found';
    const expiresAt = moment(operation.expiresAt);
    const passed = expiresAt !== null && expiresAt <= now ? 'invalid_date' : null;
    const fault = this.mismatch(postings) ?? passed ?? this.standing(postings) ?? this.limits(postings, 'Held');
    const { id, debit, credit } = operation as unknown as { id: string; debit: string; credit: string };
    const place = (): void => {
      this.move(postings, 'Held', 1n);
      this.holds.set(id, { id, debit, credit, amount: postings[0]!.amount, captured: 0n, released: 0n, status: 'placed', expiresAt });
    };
    return fault ?? { postings: [], effectiveAt: null, change: place };
  }

  private capture(operation: Operation, now: number): string | Omit<Extract<Outcome, { kind: 'applied' }>, 'kind'> {
    const hold = this.holds.get(operation.hold as string);
    if (!hold) return 'hold_not_found';
    if (hold.status !== 'placed') return `hold_${hold.status}`;
    const amount = big(operation.amount) ?? remaining(hold);
    if (amount > remaining(hold)) return 'capture_exceeds_hold';
    const effectiveAt = moment(operation.effectiveAt) ?? now;
    const postings = legsOf({ op: 'transfer', debit: hold.debit, credit: hold.credit, amount: String(amount) });
    const fault = this.inClosedPeriod(effectiveAt) ?? this.standing(postings);
    const change = (): void => {
      this.move(postings, 'Held', -1n);
      this.move(postings, 'Posted', 1n);
      hold.captured += amount;
      if (remaining(hold) === 0n) hold.status = 'captured';
      else if (operation.final !== false) this.give(hold, remaining(hold), 'captured');
    };
    return fault ?? { postings, effectiveAt, change };
  }

  private reverse(operation: Operation, now: number): string | Omit<Extract<Outcome, { kind: 'applied' }>, 'kind'> {
    const entry = this.entries.get(operation.entry as string);
    if (!entry) return 'entry_not_found';
    const amount = big(operation.amount);
    if (amount !== null && entry.postings.length !== 2) return 'reversal_not_divisible';
    const whole = total(entry.postings);
    if (entry.reversed + (amount ?? whole) > whole) return 'reversal_exceeds_entry';
    const opposite = entry.postings.map((leg) => ({
      account: leg.account,
      side: leg.side === 'debit' ? 'credit' : 'debit',
      amount: amount ?? leg.amount,
    }));
    const postings = [...opposite.filter(({ side }) => side === 'debit'), ...opposite.filter(({ side }) => side === 'credit')];
    const fault = this.inClosedPeriod(now) ?? this.standing(postings) ?? this.limits(postings, 'Posted');
    const change = (): void => {
      this.move(postings, 'Posted', 1n);
      entry.reversed += amount ?? whole;
    };
    return fault ?? { postings, effectiveAt: now, change };
  }

  private mismatch(postings: readonly PlainPosting[]): string | null {
    const sums = new Map<string, bigint>();
    for (const { account, side, amount } of postings) {
      const { asset } = this.accounts.get(account)!;
      sums.set(asset, (sums.get(asset) ?? 0n) + (side === 'debit' ? amount : -amount));
    }
    return [...sums.values()].some((sum) => sum !== 0n) ? 'asset_mismatch' : null;
  }

  private inClosedPeriod(effectiveAt: number): string | null {
    return day(effectiveAt) <= this.closedThrough ? 'period_closed' : null;
  }

  private standing(postings: readonly PlainPosting[]): string | null {
    const on = postings.map(({ account, side }) => ({ ...this.accounts.get(account)!, side }));
    if (on.some(({ closed }) => closed)) return 'account_closed';
    return on.some(({ frozen, side }) => frozen === 'all' || frozen === `${side}s`) ? 'account_frozen' : null;
  }

  /** Overflow, then floors, then ceilings, of the net effect on each account. */
  private limits(postings: readonly PlainPosting[], kind: 'Posted' | 'Held'): string | null {
    const before = this.copyOfAccounts(postings);
    this.move(postings, kind, 1n);
    const pairs = before.map((account) => ({ before: account, after: this.accounts.get(account.id)! }));
    const overflow = pairs.some(
      ({ after }) => after.debitsPosted + after.debitsHeld > MOST || after.creditsPosted + after.creditsHeld > MOST,
    );
    const floor = pairs.some(({ before: was, after }) => {
      const now = this.room(after).available;
      return after.min !== null && now < after.min && now < this.room(was).available;
    });
    const ceiling = pairs.some(({ before: was, after }) => {
      const now = this.room(after).reach;
      return after.max !== null && now > after.max && now > this.room(was).reach;
    });
    this.move(postings, kind, -1n);
    return overflow ? 'balance_overflow' : floor ? 'insufficient_funds' : ceiling ? 'limit_exceeded' : null;
  }

  private copyOfAccounts(postings: readonly PlainPosting[]): PlainAccount[] {
    return [...new Set(postings.map(({ account }) => account))].map((id) => ({ ...this.accounts.get(id)! }));
  }

  private room(account: PlainAccount): { available: bigint; reach: bigint } {
    const [lowering, raising] = growsByDebits(account)
      ? [account.creditsHeld, account.debitsHeld]
      : [account.debitsHeld, account.creditsHeld];
    return { available: this.normal(account) - lowering, reach: this.normal(account) + raising };
  }

  private move(postings: readonly PlainPosting[], kind: 'Posted' | 'Held', sign: bigint): void {
    for (const { account: id, side, amount } of postings) {
      const account = this.accounts.get(id)!;
      account[`${side}s${kind}` as 'debitsPosted'] += sign * amount;
    }
  }

  private give(hold: PlainHold, amount: bigint, status: string): void {
    this.move(legsOf({ op: 'transfer', debit: hold.debit, credit: hold.credit, amount: String(amount) }), 'Held', -1n);
    hold.released += amount;
    hold.status = status;
  }
}

function legsOf(operation: Operation): PlainPosting[] {
  const { debit, credit, amount, postings } = operation as unknown as {
    debit: string;
    credit: string;
    amount: string;
    postings?: PlainPosting[];
  };
  if (postings) return postings.map((leg) => ({ account: leg.account, side: leg.side, amount: BigInt(leg.amount) }));
  return [
    { account: debit, side: 'debit', amount: BigInt(amount) },
    { account: credit, side: 'credit', amount: BigInt(amount) },
  ];
}
