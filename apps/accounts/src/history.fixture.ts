import { type FedEvent, encodeEvent, journalStream } from '@mizan/contracts';
import {
  type Account,
  type AccountType,
  Book,
  type Command,
  type LedgerEvent,
  type Side,
  type Texts,
  accountTypes,
  decide,
  decideGroup,
  noTexts,
  openLedger,
} from '@mizan/ledger';

// Histories that the real rules decided, and the books as anybody can work them out from the events with pen and paper.

const DAY_MS = 24 * 3600 * 1000;
export const START = Date.parse('2026-03-01T10:00:00Z');

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

/** A journal being written, an hour at a time. */
export class Writing {
  readonly book = new Book();
  readonly events: LedgerEvent[] = [];
  private now = START;

  constructor(tenant: string, ledger: string) {
    this.take([openLedger(this.book, { tenant, ledger, name: `The ${ledger} ledger` }, this.now)]);
  }

  do(command: Command): void {
    this.now += 1;
    this.take(decide(this.book, command, this.now).events);
  }

  doTogether(operations: readonly Command[]): void {
    this.take(decideGroup(this.book, { op: 'group', operations }, this.now).events);
  }

  pass(ms: number): void {
    this.now += ms;
  }

  get clock(): number {
    return this.now;
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
    const kind = accounts.length < 6 ? 0 : at(20);
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
    if (kind <= 8) return { op: 'transfer', id, postings: anyPostings(), effectiveAt: anyMoment(), texts: noTexts };
    const texts = at(3) ? noTexts : { reference: `invoice ${at(1000)}`, metadata: { kind: 'invoice' } };
    const other = at(30) ? pick(accounts, at) : 'nobody:9';
    return { op: 'transfer', id, debit: account, credit: other, amount: anyAmount(), effectiveAt: anyMoment(), texts };
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

/** An account worked out by adding up postings; the running balances of the events are not looked at. */
export function accountsOf(events: readonly LedgerEvent[]): Map<string, Account> {
  const accounts = new Map<string, Account>();
  for (const event of events) {
    if ('account' in event) {
      const { debitsPosted = 0n, creditsPosted = 0n } = accounts.get(event.account.id) ?? {};
      accounts.set(event.account.id, { ...event.account, debitsPosted, creditsPosted });
    }
    if (event.type !== 'EntryPosted') continue;
    for (const { account: id, side, amount } of event.postings) {
      const account = accounts.get(id)!;
      accounts.set(
        id,
        side === 'debit'
          ? { ...account, debitsPosted: account.debitsPosted + amount }
          : { ...account, creditsPosted: account.creditsPosted + amount },
      );
    }
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
  const lines = events.flatMap((event) =>
    event.type !== 'EntryPosted'
      ? []
      : event.postings.flatMap((posting, leg) => {
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
