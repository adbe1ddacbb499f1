import { type Command, type LedgerEvent, noTexts } from '@mizan/ledger';
import { PostgresCommandIds } from './tables/command-ids.postgres.js';
import { asCommands, expiring, held, hold, movedClock, named, payment, until } from './expiring.fixture.js';
import { carryOut, deposit, openLedgerWithAccounts, origin } from './writing.fixture.js';

let here: Awaited<ReturnType<typeof expiring>>;

beforeAll(async () => {
  here = await expiring();
});
afterEach(() => here.stopWriters());
afterAll(() => here.database.drop());

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

describe('holds that fall due', () => {
  it('expire in the order of their expiry, without traffic', async () => {
    const open = await here.writers();
    const ledger = await here.newLedger();
    await openLedgerWithAccounts(open, ledger, 2);
    const now = Date.now();
    await open.ask(
      ledger,
      asCommands([hold('late', 1, now + 700), hold('never', 1), hold('early', 2, now + 500), hold('far', 1, now + 1e9)]),
      origin,
    );
    await until(async () => (await here.expiries(ledger.uid)).length === 2);
    expect(await here.expiries(ledger.uid)).toEqual(['early', 'late']);
    const early = (event: LedgerEvent): boolean => event.type === 'HoldExpired' && event.recordedAt < event.hold.expiresAt!;
    expect((await here.journal(ledger.uid)).filter(early)).toEqual([]);
  });

  it('expire before a command that touches their accounts, and not before others', async () => {
    const { clock, ahead } = movedClock();
    const open = await here.writers({ clock });
    const ledger = await here.newLedger();
    await openLedgerWithAccounts(open, ledger, 6);
    const expiresAt = Date.now() + 10_000;
    await open.ask(ledger, asCommands([held('h12', 1, 2, expiresAt), held('h34', 3, 4, expiresAt), deposit('t0', 5, 10n)]), origin);
    ahead(11_000);
    await open.ask(ledger, asCommands([payment('free', 5, 6), payment('touching', 4, 5)]), origin);
    await until(async () => (await here.expiries(ledger.uid)).length === 2);
    const order = (await here.journal(ledger.uid)).slice(11).map(named);
    expect(order).toEqual(['free', 'expire h34', 'touching', 'expire h12']);
  });

  it('cannot be captured any more from that moment on, whatever else is waiting', async () => {
    const { clock, ahead } = movedClock();
    const open = await here.writers({ clock });
    const ledger = await here.newLedger();
    await openLedgerWithAccounts(open, ledger, 2);
    await carryOut(open, ledger, hold('h', 1, Date.now() + 10_000));
    ahead(10_001);
    expect(await carryOut(open, ledger, capture('c', 'h'))).toMatchObject({ status: 'rejected', rejection: { code: 'hold_expired' } });
  });

  it('expire for a look-up in the order of their expiry, as far as its accounts go', async () => {
    const { clock, ahead } = movedClock();
    const open = await here.writers({ clock });
    const ledger = await here.newLedger();
    await openLedgerWithAccounts(open, ledger, 6);
    const expiresAt = Date.now() + 10_000;
    const placed = [held('elsewhere', 5, 6, expiresAt), held('before', 1, 3, expiresAt + 1), held('asked', 1, 2, expiresAt + 2)];
    await open.ask(ledger, asCommands(placed), origin);
    ahead(11_000);
    const [asked] = await open.ask(ledger, [{ kind: 'hold', id: 'asked' }], origin);
    expect(asked!.hold).toMatchObject({ status: 'expired', released: 1n });
    await until(async () => (await here.expiries(ledger.uid)).length === 3);
    expect(await here.expiries(ledger.uid)).toEqual(['before', 'asked', 'elsewhere']);
  });

  it('wake their ledger where nobody has it open', async () => {
    const ledger = await here.newLedger();
    const first = await here.writers({ owner: 'http://127.0.0.1:1', bounds: { maxOpen: 8, idleMs: 0 } });
    await openLedgerWithAccounts(first, ledger, 1);
    await carryOut(first, ledger, hold('h', 1, Date.now() + 4_000));
    await until(async () => first.find(ledger.uid) === undefined);
    expect(await here.expiries(ledger.uid)).toEqual([]);
    await until(async () => (await here.expiries(ledger.uid)).length === 1);
  });

  it('wake their ledger where nobody has it open and the clock is moved', async () => {
    const { ahead, ...moved } = movedClock();
    const ledger = await here.newLedger();
    const first = await here.writers({ owner: 'http://127.0.0.1:1', bounds: { maxOpen: 8, idleMs: 0 }, ...moved });
    await openLedgerWithAccounts(first, ledger, 1);
    await carryOut(first, ledger, hold('h', 1, Date.now() + 3 * 86_400_000));
    await until(async () => first.find(ledger.uid) === undefined);
    expect(await here.expiries(ledger.uid)).toEqual([]);
    ahead(3 * 86_400_000);
    await until(async () => (await here.expiries(ledger.uid)).length === 1);
  });

  it('are not forgotten after a crash, also where the index had not followed yet', async () => {
    const ledger = await here.newLedger();
    const ids = new PostgresCommandIds(here.database.pool);
    const dead = await here.writers({
      owner: 'http://127.0.0.1:1',
      ids: Object.assign(Object.create(ids) as typeof ids, { add: () => new Promise(() => undefined) }),
    });
    await openLedgerWithAccounts(dead, ledger, 1);
    await carryOut(dead, ledger, hold('h', 1, Date.now() + 1_000));
    // It renews nothing any more and gives nothing back: as if it had been killed.
    here.abandon(dead);
    await here.writers({ owner: 'http://127.0.0.1:2' });
    await until(async () => (await here.expiries(ledger.uid)).length === 1);
    expect((await here.journal(ledger.uid)).map(named)).toEqual(['LedgerOpened', 'bank:cash', 'clients:1', 'h', 'expire h']);
  }, 60_000);
});

describe('what memory has forgotten of holds and entries', () => {
  const forgetting = { bounds: { maxOpen: 8, idleMs: 600_000 } };

  it('comes back: how a hold stands and ended, with its words; what was reversed of an entry, and by what', async () => {
    const ledger = await here.newLedger();
    const one = await here.writers(forgetting);
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

    const two = await here.writers(forgetting);
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
    const ledger = await here.newLedger();
    const open = await here.writers(forgetting);
    await openLedgerWithAccounts(open, ledger, 1);
    await open.ask(ledger, asCommands([deposit('t', 1, 100n), reverse('t:a', 't', 60n), hold('h', 1), capture('h:all', 'h')]), origin);
    for (let i = 0; i < 13; i += 1)
      await open.ask(ledger, asCommands(Array.from({ length: 500 }, (_, j) => deposit(`more${i}:${j}`, 1, 1n))), origin);
    const ids = new PostgresCommandIds(here.database.pool);
    await until(async () => (await ids.followed(ledger.uid)).through === 7 + 6_500);
    await open.ask(ledger, asCommands(Array.from({ length: 10 }, (_, j) => deposit(`last:${j}`, 1, 1n))), origin);
    expect(await carryOut(open, ledger, reverse('t:b', 't', 41n))).toMatchObject({ rejection: { code: 'reversal_exceeds_entry' } });
    expect(await carryOut(open, ledger, reverse('t:c', 't', 40n))).toMatchObject({ status: 'applied', event: { reversed: 100n } });
    expect(await carryOut(open, ledger, capture('h:again', 'h'))).toMatchObject({ rejection: { code: 'hold_captured' } });
  });
});
