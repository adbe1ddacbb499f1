import { type FedEvent, encodeEvent, journalStream } from '@mizan/contracts';
import {
  type Account,
  type AccountType,
  type Balances,
  Book,
  type Command,
  type Group,
  type LedgerEvent,
  type Side,
  type Texts,
  accountTypes,
  accountsTouched,
  decide,
  decideGroup,
  expireHold,
  noTexts,
  openLedger,
} from '@mizan/ledger';

// Histories that the real rules decided, and the books as anybody can work them out from the events with pen and paper.

const DAY_MS = 24 * 3600 * 1000;
export const START = Date.parse('2026-03-01T10:00:00Z');

const dayOf = (moment: number): string => new Date(moment).toISOString().slice(0, 10);

/** A repeatable source of chance: numbers from 0 up to, not including, the one given. */
export type Chance = (below: number) => number;

export function chance(seed: number): Chance {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

export const pick = <T>(from: readonly T[], at: Chance): T => from[at(from.length)]!;

/** A journal being written, with a clock that the test moves. */
export class Writing {
  readonly book = new Book();
  readonly events: LedgerEvent[] = [];
  private now = START;

  constructor(tenant: string, ledger: string) {
    this.take([openLedger(this.book, { tenant, ledger, name: `The ${ledger} ledger` }, this.now)]);
  }

  do(command: Command): void {
    this.now += 1;
    this.expire(command);
    this.take(decide(this.book, command, this.now).events);
  }

  doTogether(operations: readonly Command[]): void {
    const group: Group = { op: 'group', operations };
    this.expire(group);
    this.take(decideGroup(this.book, group, this.now).events);
  }

  /** Holds that fall due meanwhile expire late, all at once. */
  pass(ms: number): void {
    this.now += ms;
    this.expire();
  }

  get clock(): number {
    return this.now;
  }

  private expire(command?: Command | Group): void {
    for (;;) {
      const due = this.book.firstDue(this.now, command && accountsTouched(this.book, command));
      if (due === null) return;
      this.take([expireHold(this.book, due, this.now)]);
    }
  }

  private take(events: readonly LedgerEvent[]): void {
    for (const event of events) {
      this.book.apply(event);
      this.events.push(event);
    }
  }
}

export const open = (id: string, type: AccountType, more: Partial<Extract<Command, { op: 'open' }>> = {}): Command => ({
  op: 'open',
  id,
  type,
  asset: 'CZK',
  minBalance: null,
  maxBalance: null,
  texts: noTexts,
  ...more,
});

export const transfer = (
  id: string,
  debit: string,
  credit: string,
  amount: bigint,
  more: { readonly effectiveAt?: number; readonly texts?: Texts } = {},
): Command => ({ op: 'transfer', id, debit, credit, amount, effectiveAt: null, texts: noTexts, ...more });

export const hold = (
  id: string,
  debit: string,
  credit: string,
  amount: bigint,
  more: { readonly expiresAt?: number; readonly texts?: Texts } = {},
): Command => ({ op: 'hold', id, debit, credit, amount, expiresAt: null, texts: noTexts, ...more });

export const capture = (
  id: string,
  of: string,
  amount: bigint | null = null,
  more: { readonly final?: boolean; readonly effectiveAt?: number | null; readonly texts?: Texts } = {},
): Command => ({ op: 'capture', id, hold: of, amount, final: true, effectiveAt: null, texts: noTexts, ...more });

export const reverse = (id: string, entry: string, amount: bigint | null = null, texts: Texts = noTexts): Command => ({
  op: 'reverse',
  id,
  entry,
  amount,
  texts,
});

/** A ledger in which everything happens that a ledger of today knows, much of it refused. */
export function randomHistory(seed: number, commands: number, tenant = 'acme', ledger = 'main'): Writing {
  const at = chance(seed);
  const writing = new Writing(tenant, ledger);
  const accounts: string[] = [];
  for (let n = 1; n <= commands; n++) {
    writing.pass(at(3) * at(DAY_MS / 8));
    if (at(12) === 0) writing.doTogether(Array.from({ length: 1 + at(4) }, (_, member) => anyCommand(`g${n}.${member}`)));
    else writing.do(anyCommand(`c${n}`));
  }
  return writing;

  function anyCommand(id: string): Command {
    const kind = accounts.length < 6 ? 0 : at(32);
    const account = accounts.length > 0 ? pick(accounts, at) : 'nobody';
    if (kind <= 1) return anyAccount();
    if (kind === 2) return { op: 'update', id, account, metadata: { shelf: String(at(9)) } };
    if (kind === 3)
      return { op: 'update', id, account, minBalance: at(2) ? null : BigInt(-at(50_000)), frozen: pick(['none', 'none', 'debits'], at) };
    if (kind === 4) {
      const closed = accounts.filter((name) => writing.book.account(name)?.closed);
      return closed.length > 0 ? { op: 'reopen', id, account: pick(closed, at) } : { op: 'close', id, account };
    }
    if (kind === 5) return { op: 'cancel', id };
    if (kind <= 8) return { op: 'transfer', id, postings: anyPostings(), effectiveAt: anyMoment(), texts: anyTexts() };
    const other = at(30) ? pick(accounts, at) : 'nobody:9';
    const texts = anyTexts();
    if (kind <= 13) {
      const expiresAt = at(2) ? writing.clock + 1 + at(DAY_MS) : null;
      return { op: 'hold', id, debit: account, credit: other, amount: anyAmount(), expiresAt, texts };
    }
    if (kind <= 16) {
      const held = anyHold();
      const amount = at(2) ? null : 1n + (writing.book.hold(held)?.remaining ?? 0n) / BigInt(1 + at(4));
      return capture(id, held, amount, { final: at(3) === 0, effectiveAt: anyMoment(), texts });
    }
    if (kind === 17) return { op: 'release', id, hold: anyHold() };
    if (kind <= 20) return reverse(id, anyEntry(), at(2) ? null : BigInt(1 + at(20_000)), texts);
    if (kind === 21 && at(3) === 0) return { op: 'close-period', id, through: anyDay() };
    return { op: 'transfer', id, debit: account, credit: other, amount: anyAmount(), effectiveAt: anyMoment(), texts };
  }

  /** Few of them, so that a search finds several. */
  function anyTexts(): Texts {
    if (at(3) === 0) return noTexts;
    const branch: Record<string, string> = at(2) ? { 'branch.no': String(at(3)) } : {};
    return { reference: at(3) ? `invoice ${at(9)}` : null, metadata: { kind: pick(['invoice', 'rent', 'fee'], at), ...branch } };
  }

  /** Mostly so long ago that much may still be backdated. */
  function anyDay(): string {
    return dayOf(at(4) ? Date.parse('1800-01-01T00:00:00Z') + at(20_000) * DAY_MS : START - at(500) * DAY_MS);
  }

  /** Mostly an open one. */
  function anyHold(): string {
    const { open: standing, ended } = writing.book;
    const ids = [...(at(5) && standing.size > 0 ? standing : ended).keys()];
    return ids.length > 0 ? pick(ids, at) : 'nothing';
  }

  function anyEntry(): string {
    const entries = writing.events.filter((event) => event.type === 'EntryPosted' || event.type === 'HoldCaptured');
    return entries.length > 0 && at(20) ? pick(entries.slice(-30), at).command.id : 'nothing';
  }

  function anyAccount(): Command {
    const id = `${pick(['clients', 'bank', 'bank:clearing', 'fees'], at)}:${at(60)}`;
    accounts.push(id);
    return open(id, pick(accountTypes, at), {
      asset: at(4) ? 'CZK' : 'KWD',
      minBalance: at(4) ? null : 0n,
      texts: at(2) ? noTexts : { reference: null, metadata: { branch: String(at(5)) } },
    });
  }

  /** Three or four legs, now and then two of them of one account. */
  function anyPostings(): { account: string; side: Side; amount: bigint }[] {
    const [a, b] = [anyAmount(), anyAmount()];
    const legs: { account: string; side: Side; amount: bigint }[] = [
      { account: pick(accounts, at), side: 'debit', amount: a },
      { account: pick(accounts, at), side: 'debit', amount: b },
    ];
    if (at(2)) return [...legs, { account: pick(accounts, at), side: 'credit', amount: a + b }];
    return [
      ...legs,
      { account: pick(accounts, at), side: 'credit', amount: b },
      { account: pick(accounts, at), side: 'credit', amount: a },
    ];
  }

  function anyAmount(): bigint {
    return at(40) ? BigInt(1 + at(100_000)) : 2n ** 120n + BigInt(at(1000));
  }

  /** Mostly now, often some days back, sometimes at midnight or in another century. */
  function anyMoment(): number | null {
    const kind = at(6);
    if (kind <= 2) return null;
    if (kind === 3) return writing.clock - at(20 * DAY_MS);
    if (kind === 4) return Math.floor((writing.clock - at(10) * DAY_MS) / DAY_MS) * DAY_MS;
    return at(3) ? START - at(400) * DAY_MS : Date.parse('1869-12-31T23:59:59.999Z');
  }
}

/** The events as the feed gives them. */
export function fed(events: readonly LedgerEvent[], uid: string): readonly FedEvent[] {
  return events.map((event) => {
    const provenance = { actor: 'key:test', correlation: null, causation: null, traceparent: null };
    const { text, kept } = encodeEvent(event, {
      eventId: `${uid}-${event.position}`,
      stream: journalStream(uid),
      salt: () => event.position.toString(16).padStart(32, '0'),
      ...provenance,
    });
    return { version: event.position, event: text, texts: kept?.texts ?? null };
  });
}

type EntryEvent = Extract<LedgerEvent, { postings: unknown }>;

export const entriesOf = (events: readonly LedgerEvent[]): EntryEvent[] =>
  events.filter((event) => event.type === 'EntryPosted' || event.type === 'HoldCaptured');

/** A hold worked out from what was done to it; what the events say of it is not looked at. */
export interface PlainHold {
  readonly id: string;
  readonly debit: string;
  readonly credit: string;
  readonly amount: bigint;
  captured: bigint;
  released: bigint;
  remaining: bigint;
  status: string;
  readonly expiresAt: number | null;
  readonly placedAt: number;
  readonly placedPosition: number;
  position: number;
  readonly texts: Texts;
}

export function holdsOf(events: readonly LedgerEvent[]): Map<string, PlainHold> {
  const holds = new Map<string, PlainHold>();
  for (const event of events) {
    if (event.type === 'HoldPlaced') {
      const { id, debit, credit, amount, expiresAt } = event.command;
      const standing = { captured: 0n, released: 0n, remaining: amount, status: 'placed', position: event.position };
      const placed = { placedAt: event.recordedAt, placedPosition: event.position, texts: event.texts ?? noTexts };
      holds.set(id, { id, debit, credit, amount, expiresAt, ...standing, ...placed });
    } else if (event.type === 'HoldCaptured') {
      const standing = holds.get(event.command.hold)!;
      standing.captured += event.postings[0]!.amount;
      if (event.command.final) standing.released = standing.amount - standing.captured;
      moved(standing, event, 'captured');
    } else if (event.type === 'HoldReleased' || event.type === 'HoldExpired') {
      const standing = holds.get(event.hold.id)!;
      standing.released = standing.amount - standing.captured;
      moved(standing, event, event.type === 'HoldReleased' ? 'released' : 'expired');
    }
  }
  return holds;
}

function moved(standing: PlainHold, { position }: LedgerEvent, end: string): void {
  standing.remaining = standing.amount - standing.captured - standing.released;
  if (standing.remaining === 0n) standing.status = end;
  standing.position = position;
}

/** Accounts worked out by adding up postings and what remains of holds; the balances in the events are not looked at. */
export function accountsOf(events: readonly LedgerEvent[]): Map<string, Account> {
  const accounts = new Map<string, Account>();
  const add = (id: string, total: keyof Balances, amount: bigint): void => {
    const account = accounts.get(id)!;
    accounts.set(id, { ...account, [total]: account[total] + amount });
  };
  for (const event of events) {
    if ('account' in event) {
      const { debitsPosted = 0n, creditsPosted = 0n } = accounts.get(event.account.id) ?? {};
      accounts.set(event.account.id, { ...event.account, debitsPosted, creditsPosted, debitsHeld: 0n, creditsHeld: 0n });
    }
    if (event.type === 'EntryPosted' || event.type === 'HoldCaptured')
      for (const { account, side, amount } of event.postings) add(account, side === 'debit' ? 'debitsPosted' : 'creditsPosted', amount);
  }
  for (const { debit, credit, remaining } of holdsOf(events).values()) {
    add(debit, 'debitsHeld', remaining);
    add(credit, 'creditsHeld', remaining);
  }
  return accounts;
}

/** One posting of an account in the order of statements, with the balance after it. */
export interface PlainLine {
  readonly entry: string;
  readonly position: number;
  readonly recordedAt: number;
  readonly effectiveAt: number;
  readonly side: Side;
  readonly amount: bigint;
  readonly balance: bigint;
  readonly counterparts: readonly string[];
  readonly reference: string | null;
}

/** Everything that was ever posted to an account, as far as the journal went. */
export function linesOf(events: readonly LedgerEvent[], { id, type }: Pick<Account, 'id' | 'type'>): PlainLine[] {
  const grows = type === 'asset' || type === 'expense' ? 'debit' : 'credit';
  const lines = entriesOf(events).flatMap((event) =>
    event.postings.flatMap((posting, leg) => {
      if (posting.account !== id) return [];
      const others = event.postings.map(({ account }) => account).filter((account) => account !== id);
      return [
        {
          entry: event.command.id,
          position: event.position,
          recordedAt: event.recordedAt,
          effectiveAt: event.effectiveAt,
          side: posting.side,
          amount: posting.amount,
          counterparts: [...new Set(others)],
          reference: event.texts?.reference ?? null,
          leg,
        },
      ];
    }),
  );
  lines.sort((a, b) => a.effectiveAt - b.effectiveAt || a.position - b.position || a.leg - b.leg);
  let balance = 0n;
  return lines.map(({ leg: _leg, ...line }) => {
    balance += line.side === grows ? line.amount : -line.amount;
    return { ...line, balance };
  });
}
