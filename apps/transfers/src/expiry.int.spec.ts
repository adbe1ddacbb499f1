import { decodeEvent, journalStream } from '@mizan/contracts';
import type { EventStore } from '@mizan/event-store';
import { type Command, type LedgerEvent, noTexts } from '@mizan/ledger';
import { CheckedClock } from './checked-clock.js';
import { PostgresCommandIds } from './command-ids.postgres.js';
import { PostgresLedgerCatalog } from './ledger-catalog.postgres.js';
import type { OpenLedgers } from './open-ledgers.js';
import { carryOut, deposit, openLedgerWithAccounts, origin, startWriters, transfersDatabase } from './writing.fixture.js';

type Database = Awaited<ReturnType<typeof transfersDatabase>>;
let database: Database;
let started: OpenLedgers[] = [];
let count = 0;

beforeAll(async () => {
  database = await transfersDatabase();
});
afterEach(async () => {
  await Promise.all(started.map((open) => open.stop(2_000)));
  started = [];
});
afterAll(() => database.drop());

async function writers(given: Parameters<typeof startWriters>[2] = {}, store: EventStore = database.store): Promise<OpenLedgers> {
  const open = await startWriters(database.pool, store, given);
  started.push(open);
  return open;
}

/** A ledger that the catalog knows, so that it can be woken. */
async function newLedger(): Promise<{ uid: string; tenant: string }> {
  const uid = `e${(count += 1)}`;
  await new PostgresLedgerCatalog(database.pool).enter({ uid, tenant: 't1', id: uid, name: uid });
  return { uid, tenant: 't1' };
}

async function journal(uid: string): Promise<LedgerEvent[]> {
  const events: LedgerEvent[] = [];
  for (;;) {
    const page = await database.store.read(journalStream(uid), events.length, 1_000);
    if (page.length === 0) return events;
    events.push(...page.map(({ text }) => decodeEvent(text)));
  }
}
const named = (event: LedgerEvent): string =>
  'command' in event ? event.command.id : 'hold' in event ? `expire ${event.hold.id}` : event.type;
const expiries = async (uid: string): Promise<string[]> =>
  (await journal(uid)).flatMap((event) => (event.type === 'HoldExpired' ? [event.hold.id] : []));

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50));
}

const hold = (id: string, client: number, expiresAt: number | null = null, amount = 1n): Command => ({
  op: 'hold',
  id,
  debit: 'bank:cash',
  credit: `clients:${client}`,
  amount,
  expiresAt,
  texts: { reference: `words of ${id}`, metadata: {} },
});
const capture = (id: string, of: string, amount: bigint | null = null, final = true): Command => ({
  op: 'capture',
  id,
  hold: of,
  amount,
  final,
  effectiveAt: null,
  texts: noTexts,
});
const reverse = (id: string, entry: string, amount: bigint | null = null): Command => ({
  op: 'reverse',
  id,
  entry,
  amount,
  texts: noTexts,
});
const asCommands = (commands: readonly Command[]) => commands.map((command) => ({ kind: 'command', command }) as const);
const payment = (id: string, from: number, to: number): Command => ({
  op: 'transfer',
  id,
  debit: `clients:${from}`,
  credit: `clients:${to}`,
  amount: 1n,
  effectiveAt: null,
  texts: noTexts,
});
const held = (id: string, from: number, to: number, expiresAt: number): Command => ({
  ...(hold(id, to, expiresAt) as Extract<Command, { op: 'hold' }>),
  debit: `clients:${from}`,
});

/** A clock that a test moves: the database's is as far ahead. */
function movedClock(): { clock: CheckedClock; ahead: (ms: number) => void } {
  let aheadMs = 0;
  const clock = new CheckedClock(() => Date.now() + aheadMs);
  const check = clock.check.bind(clock);
  clock.check = (databaseMs, askedAt) => check(databaseMs + aheadMs, askedAt);
  return {
    clock,
    ahead: (ms) => {
      aheadMs = ms;
      check(Date.now() + ms, clock.monotonic());
    },
  };
}

describe('holds that fall due', () => {
  it('expire in the order of their expiry, without traffic', async () => {
    const open = await writers();
    const ledger = await newLedger();
    await openLedgerWithAccounts(open, ledger, 2);
    const now = Date.now();
    await open.ask(
      ledger,
      asCommands([hold('late', 1, now + 700), hold('never', 1), hold('early', 2, now + 500), hold('far', 1, now + 1e9)]),
      origin,
    );
    await until(async () => (await expiries(ledger.uid)).length === 2);
    expect(await expiries(ledger.uid)).toEqual(['early', 'late']);
    const early = (event: LedgerEvent): boolean => event.type === 'HoldExpired' && event.recordedAt < event.hold.expiresAt!;
    expect((await journal(ledger.uid)).filter(early)).toEqual([]);
  });

  it('expire before a command that touches their accounts, and not before others', async () => {
    const { clock, ahead } = movedClock();
    const open = await writers({ clock });
    const ledger = await newLedger();
    await openLedgerWithAccounts(open, ledger, 6);
    const expiresAt = Date.now() + 10_000;
    await open.ask(ledger, asCommands([held('h12', 1, 2, expiresAt), held('h34', 3, 4, expiresAt), deposit('t0', 5, 10n)]), origin);
    ahead(11_000);
    await open.ask(ledger, asCommands([payment('free', 5, 6), payment('touching', 4, 5)]), origin);
    await until(async () => (await expiries(ledger.uid)).length === 2);
    const order = (await journal(ledger.uid)).slice(11).map(named);
    expect(order).toEqual(['free', 'expire h34', 'touching', 'expire h12']);
  });

  it('cannot be captured any more from that moment on, whatever else is waiting', async () => {
    const { clock, ahead } = movedClock();
    const open = await writers({ clock });
    const ledger = await newLedger();
    await openLedgerWithAccounts(open, ledger, 2);
    await carryOut(open, ledger, hold('h', 1, Date.now() + 10_000));
    ahead(10_001);
    expect(await carryOut(open, ledger, capture('c', 'h'))).toMatchObject({ status: 'rejected', rejection: { code: 'hold_expired' } });
  });

  it('in a storm let commands on other accounts pass, and each asker’s commands stay in order', async () => {
    const { clock, ahead } = movedClock();
    const open = await writers({ clock });
    const ledger = await newLedger();
    await openLedgerWithAccounts(open, ledger, 8);
    const expiresAt = Date.now() + 60_000;
    const storm = Array.from({ length: 3_000 }, (_, i) => held(`storm${i}`, 1, 2, expiresAt + (i % 7)));
    for (let from = 0; from < storm.length; from += 1_000) await open.ask(ledger, asCommands(storm.slice(from, from + 1_000)), origin);
    await carryOut(open, ledger, held('small', 3, 4, expiresAt));
    ahead(61_000);
    const done: string[] = [];
    const ask = (...commands: Command[]): Promise<void> =>
      open.ask(ledger, asCommands(commands), origin).then(() => void done.push(...commands.map(({ id }) => id)));
    await Promise.all([
      ask(payment('x1', 5, 6), payment('x2', 1, 5), payment('x3', 6, 5)),
      ask(payment('y1', 2, 7)),
      ask(payment('free1', 7, 8)),
      ask(payment('free2', 3, 8)),
    ]);
    const order = (await journal(ledger.uid)).slice(10 + 3_001).map(named);
    const at = (name: string): number => order.indexOf(name);
    const lastOfStorm = order.findLastIndex((name) => name.startsWith('expire storm'));
    expect(order.filter((name) => name.startsWith('expire'))).toHaveLength(3_001);
    expect([at('x1') < at('x2'), at('x2') < at('x3')]).toEqual([true, true]);
    // Whoever touches an account of the storm comes after all of it; whoever does not, long before.
    expect([at('x2') > lastOfStorm, at('y1') > lastOfStorm, at('free1') < lastOfStorm, at('free2') < lastOfStorm]).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(at('expire small')).toBeLessThan(at('free2'));
    expect(done.slice(0, 2).sort()).toEqual(['free1', 'free2']);
    const storms = order.filter((name) => name.startsWith('expire storm')).map((name) => Number(name.slice('expire storm'.length)));
    expect(storms).toEqual([...storms].sort((a, b) => (a % 7) - (b % 7) || a - b));
  });

  it('leave room in the index for commands, and go on when it follows again', async () => {
    const { clock, ahead } = movedClock();
    const ids = new PostgresCommandIds(database.pool);
    const gate = Promise.withResolvers<void>();
    let stuck = false;
    const sticking = Object.assign(Object.create(ids) as typeof ids, {
      add: async (...given: Parameters<typeof ids.add>) => (stuck && (await gate.promise), ids.add(...given)),
    });
    const open = await writers({ clock, ids: sticking });
    const ledger = await newLedger();
    await openLedgerWithAccounts(open, ledger, 4);
    const expiresAt = Date.now() + 60_000;
    const count = 26_000;
    for (let from = 0; from < count; from += 2_000) {
      const storm = Array.from({ length: 2_000 }, (_, i) => held(`h${from + i}`, 1, 2, expiresAt));
      await open.ask(ledger, asCommands(storm), origin);
    }
    await until(async () => (await ids.followed(ledger.uid)).through === 6 + count);
    stuck = true;
    ahead(61_000);
    const end = (): Promise<number> => database.store.version(journalStream(ledger.uid));
    await until(async () => (await end()) >= 6 + count + 25_000);
    expect(await carryOut(open, ledger, payment('free', 3, 4))).toMatchObject({ status: 'applied' });
    expect(await end()).toBeLessThan(6 + count + 25_600);
    gate.resolve();
    await until(async () => (await end()) === 6 + count + count + 1);
  }, 120_000);

  it('wake their ledger where nobody has it open', async () => {
    const ledger = await newLedger();
    const first = await writers({ owner: 'http://127.0.0.1:1', bounds: { maxOpen: 8, idleMs: 0 } });
    await openLedgerWithAccounts(first, ledger, 1);
    await carryOut(first, ledger, hold('h', 1, Date.now() + 4_000));
    await until(async () => first.find(ledger.uid) === undefined);
    expect(await expiries(ledger.uid)).toEqual([]);
    await until(async () => (await expiries(ledger.uid)).length === 1);
  });

  it('are not forgotten after a crash, also where the index had not followed yet', async () => {
    const ledger = await newLedger();
    const ids = new PostgresCommandIds(database.pool);
    const dead = await writers({
      owner: 'http://127.0.0.1:1',
      ids: Object.assign(Object.create(ids) as typeof ids, { add: () => new Promise(() => undefined) }),
    });
    await openLedgerWithAccounts(dead, ledger, 1);
    await carryOut(dead, ledger, hold('h', 1, Date.now() + 1_000));
    // It renews nothing any more and gives nothing back: as if it had been killed.
    abandon(dead);
    await writers({ owner: 'http://127.0.0.1:2' });
    await until(async () => (await expiries(ledger.uid)).length === 1);
    expect((await journal(ledger.uid)).map(named)).toEqual(['LedgerOpened', 'bank:cash', 'clients:1', 'h', 'expire h']);
  }, 60_000);
});

describe('what memory has forgotten of holds and entries', () => {
  const forgetting = { bounds: { maxOpen: 8, idleMs: 600_000 } };

  it('comes back: how a hold stands and ended, with its words; what was reversed of an entry, and by what', async () => {
    const ledger = await newLedger();
    const one = await writers(forgetting);
    await openLedgerWithAccounts(one, ledger, 2);
    const far = Date.now() + 1e9;
    const before = [
      deposit('t', 1, 100n, 'words of t'),
      hold('open', 1, far, 10n),
      capture('open:part', 'open', 4n, false),
      hold('captured', 1, far, 10n),
      capture('captured:all', 'captured'),
      hold('released', 1, far, 10n),
      { op: 'release', id: 'released:back', hold: 'released' } as const,
      reverse('t:a', 't', 30n),
      reverse('t:b', 't', 30n),
      reverse('t:a:back', 't:a'),
    ];
    const first = await one.ask(ledger, asCommands(before), origin);
    expect(first.every(({ status }) => status === 'applied')).toBe(true);
    await one.stop(2_000);

    const two = await writers(forgetting);
    const again = await two.ask(ledger, asCommands(before), origin);
    expect(again.map(({ replayed, event }) => [replayed, event?.position])).toEqual(first.map(({ event }) => [true, event!.position]));
    expect(await carryOut(two, ledger, capture('open:rest', 'open'))).toMatchObject({
      status: 'applied',
      event: { texts: { reference: 'words of open' }, hold: { captured: 10n, status: 'captured' }, postings: [{ amount: 6n }, {}] },
    });
    for (const [id, code] of [
      ['captured', 'hold_captured'],
      ['released', 'hold_released'],
    ] as const)
      expect(await carryOut(two, ledger, capture(`${id}:again`, id))).toMatchObject({ rejection: { code } });
    expect(await carryOut(two, ledger, reverse('t:all', 't'))).toMatchObject({ rejection: { code: 'reversal_exceeds_entry' } });
    expect(await carryOut(two, ledger, reverse('t:c', 't', 41n))).toMatchObject({ rejection: { code: 'reversal_exceeds_entry' } });
    expect(await carryOut(two, ledger, reverse('t:d', 't', 40n))).toMatchObject({ status: 'applied', event: { reversed: 100n } });
    expect(await carryOut(two, ledger, reverse('captured:all:back', 'captured:all'))).toMatchObject({ status: 'applied' });
    const [entry, ended] = await two.ask(
      ledger,
      [
        { kind: 'entry', id: 't' },
        { kind: 'hold', id: 'released' },
      ] as const,
      origin,
    );
    expect(entry).toMatchObject({ entry: { texts: { reference: 'words of t' } }, reversedBy: ['t:a', 't:b', 't:d'] });
    expect(ended).toMatchObject({ hold: { status: 'released', released: 10n }, placed: { texts: { reference: 'words of released' } } });
  });

  it('comes back also while the same writer goes on, whose memory is bounded', async () => {
    const ledger = await newLedger();
    const open = await writers(forgetting);
    await openLedgerWithAccounts(open, ledger, 1);
    await open.ask(ledger, asCommands([deposit('t', 1, 100n), reverse('t:a', 't', 60n), hold('h', 1), capture('h:all', 'h')]), origin);
    for (let i = 0; i < 13; i += 1)
      await open.ask(ledger, asCommands(Array.from({ length: 500 }, (_, j) => deposit(`more${i}:${j}`, 1, 1n))), origin);
    const ids = new PostgresCommandIds(database.pool);
    await until(async () => (await ids.followed(ledger.uid)).through === 7 + 6_500);
    await open.ask(ledger, asCommands(Array.from({ length: 10 }, (_, j) => deposit(`last:${j}`, 1, 1n))), origin);
    expect(await carryOut(open, ledger, reverse('t:b', 't', 41n))).toMatchObject({ rejection: { code: 'reversal_exceeds_entry' } });
    expect(await carryOut(open, ledger, reverse('t:c', 't', 40n))).toMatchObject({ status: 'applied', event: { reversed: 100n } });
    expect(await carryOut(open, ledger, capture('h:again', 'h'))).toMatchObject({ rejection: { code: 'hold_captured' } });
  });
});

/** Stops an instance as a crash would: its timers end, its leases stay as they are. */
function abandon(open: OpenLedgers): void {
  started = started.filter((one) => one !== open);
  const inside = open as unknown as {
    renewal: NodeJS.Timeout;
    attending: NodeJS.Timeout;
    closing: boolean;
    open: Map<string, { writer: object }>;
  };
  inside.closing = true;
  clearTimeout(inside.renewal);
  clearTimeout(inside.attending);
  for (const { writer } of inside.open.values()) clearTimeout((writer as { alarm: NodeJS.Timeout }).alarm);
}
