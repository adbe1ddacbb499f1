import { instantText, journalStream } from '@mizan/contracts';
import type { LedgerEvent } from '@mizan/ledger';
import { Inbox } from '@mizan/messaging';
import { testDatabase, testTokens } from '@mizan/testing';
import { type BooksDatabase, booksDatabase } from './books.fixture.js';
import { type Chance, chance, fed, pick, randomHistory } from './history.fixture.js';
import { JournalProjection } from './journal.projection.js';
import { JournalServer, type ServiceUnderTest, eventually, startService } from './service.fixture.js';

// Questions about the past against loops over the journal. What is asked lies often exactly on a moment of the journal, or one beside it.
// Folios are small, so that histories of some hundred events have many of them, and volumes.

const HISTORIES = 24;
const DAY_MS = 24 * 3600 * 1000;
const histories = Array.from({ length: HISTORIES }, (_, n) => ({
  ledger: `past-${n}`,
  events: withTies(randomHistory(500 + n, 420, 'acme', `past-${n}`).events, chance(n)),
  folios: pick(
    [
      { lines: 4, foliosOfAVolume: 3 },
      { lines: 7, foliosOfAVolume: 2 },
      { lines: 16, foliosOfAVolume: 4 },
      { lines: 1_024, foliosOfAVolume: 32 },
    ],
    chance(n),
  ),
}));

/** As if more had been recorded in the same millisecond: up to five events in a row, never cutting a group. */
function withTies(events: readonly LedgerEvent[], at: Chance): LedgerEvent[] {
  let moment = 0;
  let left = 0;
  return events.map((event) => {
    if (left === 0 && !(event.group && event.group.first < event.position)) {
      moment = event.recordedAt;
      left = 1 + at(5);
    }
    left = Math.max(0, left - 1);
    const recordedAt = Math.max(moment, event.recordedAt - 60 * 60 * 1000);
    moment = recordedAt;
    return { ...event, recordedAt };
  });
}

let database: BooksDatabase;
let journal: JournalServer;
let service: ServiceUnderTest;

beforeAll(async () => {
  const tokens = await testTokens();
  database = await booksDatabase(await testDatabase());
  for (const { ledger, events, folios } of histories) {
    const projection = new JournalProjection('accounts', folios);
    const inbox = new Inbox({ pool: database.pool, schema: 'accounts', consumer: 'accounts', projection, eventsPerTransaction: 70 });
    await inbox.receive(fed(events, `u-${ledger}`).map((event) => ({ stream: journalStream(`u-${ledger}`), events: [event] })));
  }
  // It has nothing to tell: the books are as they were made above.
  journal = await new JournalServer(tokens).start();
  journal.announcing = false;
  service = await startService(database.url, journal, tokens);
}, 120_000);
afterAll(async () => {
  await service.stop();
  journal.stop();
  await database.close();
});

// The naive answers: all of them from the events that were known, and nothing that the events say of balances or holds.

interface Leg {
  readonly entry: string;
  readonly position: number;
  readonly recordedAt: number;
  readonly effectiveAt: number;
  readonly account: string;
  readonly side: 'debit' | 'credit';
  readonly amount: bigint;
  readonly counterparts: readonly string[];
  readonly reference: string | null;
}

const legsOf = (events: readonly LedgerEvent[]): Leg[] =>
  events.flatMap((event) =>
    'postings' in event
      ? event.postings.map(({ account, side, amount }) => ({
          entry: event.command.id,
          position: event.position,
          recordedAt: event.recordedAt,
          effectiveAt: event.effectiveAt,
          account,
          side,
          amount,
          counterparts: [...new Set(event.postings.map((other) => other.account))].filter((other) => other !== account),
          reference: event.texts?.reference ?? null,
        }))
      : [],
  );

/** What holds take of an account, by going through what was done to them. */
function heldBy(events: readonly LedgerEvent[], account: string): { debit: bigint; credit: bigint } {
  const open = new Map<string, { debit: string; credit: string; left: bigint }>();
  for (const event of events) {
    if (event.type === 'HoldPlaced') {
      const { id, debit, credit, amount } = event.command;
      open.set(id, { debit, credit, left: amount });
    } else if (event.type === 'HoldReleased' || event.type === 'HoldExpired') open.delete(event.hold.id);
    else if (event.type === 'HoldCaptured') {
      const hold = open.get(event.command.hold)!;
      hold.left -= event.postings[0]!.amount;
      if (event.command.final) open.delete(event.command.hold);
    }
  }
  const held = { debit: 0n, credit: 0n };
  for (const { debit, credit, left } of open.values()) {
    if (debit === account) held.debit += left;
    if (credit === account) held.credit += left;
  }
  return held;
}

const kindOf = (events: readonly LedgerEvent[], id: string) => {
  const opening = events.find((event) => event.type === 'AccountOpened' && event.account.id === id);
  return opening?.type === 'AccountOpened' ? opening.account : null;
};
const growsBy = (type: string): string => (type === 'asset' || type === 'expense' ? 'debit' : 'credit');
const sum = (legs: readonly Leg[], side: string): bigint =>
  legs.reduce((total, leg) => (leg.side === side ? total + leg.amount : total), 0n);

interface Asked {
  readonly at?: number | undefined;
  readonly recordedAt?: number | undefined;
}

/** The events that were known, or null before there were any. */
function known(events: readonly LedgerEvent[], { recordedAt = Infinity }: Asked): readonly LedgerEvent[] | null {
  const seen = events.filter((event) => event.recordedAt <= recordedAt);
  return seen.length > 0 ? seen : null;
}

function balanceOf(events: readonly LedgerEvent[], id: string, asked: Asked): unknown {
  const seen = known(events, asked);
  if (!seen) return 'ledger_not_found';
  const account = kindOf(seen, id);
  if (!account) return 'account_not_found';
  const legs = legsOf(seen).filter((leg) => leg.account === id && leg.effectiveAt <= (asked.at ?? Infinity));
  const held = heldBy(seen, id);
  const [debits, credits] = [sum(legs, 'debit'), sum(legs, 'credit')];
  const normal = growsBy(account.type) === 'debit' ? 1n : -1n;
  const posted = normal * (debits - credits);
  const lowering = normal > 0n ? held.credit : held.debit;
  const { position, recordedAt } = seen.at(-1)!;
  return {
    account: id,
    asset: account.asset,
    exponent: account.exponent,
    balances: {
      posted: String(posted),
      held: String(lowering),
      available: String(posted - lowering),
      debits: { posted: String(debits), held: String(held.debit) },
      credits: { posted: String(credits), held: String(held.credit) },
      position,
    },
    position,
    asOf: instantText(recordedAt),
  };
}

function trialBalanceOf(events: readonly LedgerEvent[], prefix: string, asked: Asked): unknown {
  const seen = known(events, asked);
  if (!seen) return 'ledger_not_found';
  const accounts = seen.flatMap((event) => (event.type === 'AccountOpened' && event.account.id.startsWith(prefix) ? [event.account] : []));
  accounts.sort((a, b) => (a.id < b.id ? -1 : 1));
  const legs = legsOf(seen).filter(({ effectiveAt }) => effectiveAt <= (asked.at ?? Infinity));
  const sides = (chosen: (leg: Leg) => boolean) => {
    const own = legs.filter(chosen);
    return { debits: String(sum(own, 'debit')), credits: String(sum(own, 'credit')) };
  };
  const assetOf = new Map(accounts.map(({ id, asset }) => [id, asset]));
  const exponents = new Map(accounts.map(({ asset, exponent }) => [asset, exponent]));
  return {
    position: seen.at(-1)!.position,
    accounts: accounts.map(({ id, type, asset }) => ({ account: id, type, asset, ...sides((leg) => leg.account === id) })),
    totals: [...exponents]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([asset, exponent]) => ({ asset, exponent, ...sides((leg) => assetOf.get(leg.account) === asset) })),
  };
}

interface Range {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

function statementOf(events: readonly LedgerEvent[], id: string, { from, to }: Range, asked: Asked): unknown {
  const seen = known(events, asked);
  if (!seen) return 'ledger_not_found';
  const account = kindOf(seen, id);
  if (!account) return 'account_not_found';
  const all = legsOf(seen).filter((leg) => leg.account === id);
  // Stable: legs of one moment stay in the order of the journal.
  all.sort((a, b) => a.effectiveAt - b.effectiveAt);
  const grows = growsBy(account.type);
  const signed = ({ side, amount }: Leg): bigint => (side === grows ? amount : -amount);
  const upTo = (end: number): bigint => all.reduce((total, leg) => (leg.effectiveAt < end ? total + signed(leg) : total), 0n);
  const opening = upTo(from ?? -Infinity);
  let balance = opening;
  return {
    account: id,
    asset: account.asset,
    exponent: account.exponent,
    normalSide: grows,
    from: from === undefined ? null : instantText(from),
    to: to === undefined ? null : instantText(to),
    opening: String(opening),
    lines: all
      .filter(({ effectiveAt }) => effectiveAt >= (from ?? -Infinity) && effectiveAt < (to ?? Infinity))
      .map((given) => {
        balance += signed(given);
        const { account, ...line } = given;
        expect(account).toBe(id);
        return {
          ...line,
          recordedAt: instantText(line.recordedAt),
          effectiveAt: instantText(line.effectiveAt),
          amount: String(line.amount),
          balance: String(balance),
        };
      }),
    closing: String(upTo(to ?? Infinity)),
    position: seen.at(-1)!.position,
  };
}

const query = (parameters: Readonly<Record<string, string | number | undefined>>): string =>
  String(
    new URLSearchParams(
      Object.entries(parameters).flatMap(([name, value]) =>
        value === undefined
          ? []
          : [[name, name === 'limit' || typeof value === 'string' ? String(value) : instantText(value)] as [string, string]],
      ),
    ),
  );

async function answer(path: string): Promise<unknown> {
  const { status, body } = await service.ask(path);
  return status === 200 ? body : body.code;
}

async function wholeStatement(path: string, parameters: Readonly<Record<string, number | undefined>>): Promise<unknown> {
  const lines: unknown[] = [];
  for (let cursor: string | undefined; ;) {
    const { status, body } = await service.ask(`${path}?${query({ ...parameters, cursor })}`);
    if (status !== 200) return body.code;
    lines.push(...body.lines);
    const { next, ...page } = body;
    if (next === null) return { ...page, lines };
    cursor = next;
  }
}

/** A moment of the journal or one beside it; in between, long before, or in the future. */
function anyMoment(events: readonly LedgerEvent[], kind: 'effective' | 'recorded', at: Chance): number {
  const event = pick(events, at);
  const moment = kind === 'effective' && 'effectiveAt' in event ? event.effectiveAt : event.recordedAt;
  const how = at(10);
  if (how <= 3) return moment;
  if (how <= 6) return moment + at(3) - 1;
  if (how === 7) return moment + at(2 * DAY_MS) - DAY_MS;
  if (how === 8) return Math.floor(moment / DAY_MS) * DAY_MS - at(2);
  return pick([events.at(-1)!.recordedAt + at(DAY_MS), events[0]!.recordedAt - at(3), Date.parse('1700-01-01T00:00:00Z')], at);
}

function sometimes<T>(at: Chance, value: () => T): T | undefined {
  return at(3) === 0 ? undefined : value();
}

/** Asks several questions at a time, which were all thought of before. */
async function askAll<Q>(questions: readonly Q[], ask: (question: Q) => Promise<void>): Promise<void> {
  const left = questions.values();
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      for (const question of left) await ask(question);
    }),
  );
}

describe.each(histories)('the past of $ledger, $folios.lines lines a folio', ({ ledger, events }) => {
  const at = chance(ledger.length * 1_000 + events.length);
  const ids = [...new Set(events.flatMap((event) => (event.type === 'AccountOpened' ? [event.account.id] : [])))];
  const busy = legsOf(events).map(({ account }) => account);
  const account = (): string => pick(at(3) ? busy : ids, at);
  /** Often of the account's own entries. */
  const moment = (kind: 'effective' | 'recorded', id: string): number => {
    const own = events.filter((event) => 'postings' in event && event.postings.some((posting) => posting.account === id));
    return anyMoment(own.length > 0 && at(3) ? own : events, kind, at);
  };
  const asked = (id = ''): Asked => ({
    at: sometimes(at, () => moment('effective', id)),
    recordedAt: sometimes(at, () => moment('recorded', id)),
  });
  const about = () => {
    const id = account();
    return { id, when: asked(id) };
  };
  const path = `/v1/ledgers/${ledger}`;
  const questions = <Q>(count: number, any: () => Q): readonly Q[] => Array.from({ length: count }, any);

  it('balances: 280 questions', async () => {
    await askAll(questions(280, about), async ({ id, when }) => {
      const found = await answer(`${path}/accounts/${id}/balance?${query({ ...when })}`);
      expect({ id, when, found }).toEqual({ id, when, found: balanceOf(events, id, when) });
    });
  }, 120_000);

  it('statements, a page at a time: 100 questions', async () => {
    const anyRange = () => {
      const { id, when } = about();
      const ends = [0, 1].map(() => sometimes(at, () => moment('effective', id)));
      const [from, to] = ends.every((end) => end !== undefined) ? ends.toSorted((a, b) => a! - b!) : ends;
      return { id, from, to, recordedAt: when.recordedAt, limit: pick([2, 5, 1_000], at) };
    };
    await askAll(questions(100, anyRange), async ({ id, from, to, recordedAt, limit }) => {
      const found = await wholeStatement(`${path}/accounts/${id}/statement`, { from, to, recordedAt, limit });
      const expected = statementOf(events, id, { from, to }, { recordedAt });
      expect({ id, from, to, recordedAt, found }).toEqual({ id, from, to, recordedAt, found: expected });
    });
  }, 120_000);

  it('trial balances: 60 questions', async () => {
    const anyTrial = () => ({ prefix: pick(['', '', 'clients', 'bank:', 'nobody'], at), when: asked() });
    await askAll(questions(60, anyTrial), async ({ prefix, when }) => {
      const found = await eventually(
        () => answer(`${path}/trial-balance?${query({ ...when, prefix: prefix || undefined })}`),
        (said) => said !== 'overloaded',
      );
      expect({ prefix, when, found }).toEqual({ prefix, when, found: trialBalanceOf(events, prefix, when) });
    });
  }, 120_000);
});
