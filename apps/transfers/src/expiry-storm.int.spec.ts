import { journalStream } from '@mizan/contracts';
import type { EventStore } from '@mizan/event-store';
import type { Command } from '@mizan/ledger';
import type { WriterFault } from '@mizan/writer';
import type { Ask, LedgerOf, OpenLedgers } from '@mizan/writer/ledger';
import { PostgresCommandIds } from './tables/command-ids.postgres.js';
import { asCommands, expiring, held, movedClock, named, payment, until } from './expiring.fixture.js';
import { carryOut, openLedgerWithAccounts, origin } from './writing.fixture.js';

let here: Awaited<ReturnType<typeof expiring>>;

beforeAll(async () => {
  here = await expiring();
});
afterEach(() => here.stopWriters());
afterAll(() => here.database.drop());

describe('more holds that fall due at once than one flush expires', () => {
  it('let commands on other accounts pass, and each asker’s commands stay in order', async () => {
    const { clock, ahead } = movedClock();
    const open = await here.writers({ clock });
    const ledger = await here.newLedger();
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
    const order = (await here.journal(ledger.uid)).slice(10 + 3_001).map(named);
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
    const ids = new PostgresCommandIds(here.database.pool);
    const gate = Promise.withResolvers<void>();
    let stuck = false;
    const sticking = Object.assign(Object.create(ids) as typeof ids, {
      add: async (...given: Parameters<typeof ids.add>) => (stuck && (await gate.promise), ids.add(...given)),
    });
    const open = await here.writers({ clock, ids: sticking });
    const ledger = await here.newLedger();
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
    const end = (): Promise<number> => here.database.store.version(journalStream(ledger.uid));
    await until(async () => (await end()) >= 6 + count + 25_000);
    expect(await carryOut(open, ledger, payment('free', 3, 4))).toMatchObject({ status: 'applied' });
    expect(await end()).toBeLessThan(6 + count + 25_600);
    gate.resolve();
    await until(async () => (await end()) === 6 + count + count + 1);
  }, 120_000);

  it('expire first on the accounts that somebody waits for', async () => {
    const { clock, ahead } = movedClock();
    const open = await here.writers({ clock });
    const ledger = await here.newLedger();
    await openLedgerWithAccounts(open, ledger, 5);
    const expiresAt = Date.now() + 60_000;
    await place(open, ledger, 3_000, (i) => held(`unwanted${i}`, 1, 2, expiresAt));
    await place(open, ledger, 2_000, (i) => held(`wanted${i}`, 3, 4, expiresAt + 1));
    ahead(61_000);
    expect(await carryOut(open, ledger, payment('waiting', 3, 5))).toMatchObject({ status: 'applied' });
    await until(async () => (await here.expiries(ledger.uid)).length === 5_000);
    const order = (await here.journal(ledger.uid)).slice(7 + 5_000).map(named);
    const before = order.slice(0, order.indexOf('waiting'));
    expect(before.filter((name) => name.startsWith('expire wanted'))).toHaveLength(2_000);
    // What is left of the last slice.
    expect(before.length).toBeLessThanOrEqual(2_500);
  });

  it('leave a look-up as the journal has it', async () => {
    const { clock, ahead } = movedClock();
    const open = await here.writers({ clock });
    const ledger = await here.newLedger();
    await openLedgerWithAccounts(open, ledger, 2);
    const expiresAt = Date.now() + 60_000;
    await place(open, ledger, 2_000, (i) => held(`h${i}`, 1, 2, expiresAt));
    ahead(61_000);
    const asks = ['h0', 'h1999'].map((id) => ({ kind: 'hold', id }) as const);
    expect((await open.ask(ledger, asks, origin)).map((found) => found!.hold.status)).toEqual(['expired', 'placed']);
    await until(async () => (await here.expiries(ledger.uid)).length === 2_000);
    expect(await open.ask(ledger, asks, origin)).toMatchObject([{ hold: { status: 'expired' } }, { hold: { status: 'expired' } }]);
  });

  it('make who was not decided in time send it again, certain that nothing was written', async () => {
    const { clock, ahead } = movedClock();
    const append = Promise.withResolvers<void>();
    let stuck = false;
    const sticking: EventStore = Object.assign(Object.create(here.database.store) as EventStore, {
      append: async (...given: Parameters<EventStore['append']>) => (stuck && (await append.promise), here.database.store.append(...given)),
    });
    const open = await here.writers({ clock }, sticking);
    const ledger = await here.newLedger();
    await openLedgerWithAccounts(open, ledger, 5);
    const expiresAt = Date.now() + 60_000;
    await place(open, ledger, 2_000, (i) => held(`h${i}`, 1, 2, expiresAt));
    stuck = true;
    ahead(61_000);
    const ask = (...asks: Ask[]): Promise<unknown> =>
      open.ask(ledger, asks, origin).then(
        () => 'answered',
        ({ kind }: WriterFault) => kind,
      );
    const answers = await Promise.all([
      ask(...asCommands([payment('waiting', 1, 3)])),
      ask(...asCommands([payment('decided', 3, 4), payment('after', 1, 3)])),
      ask({ kind: 'lookup', id: 'waiting' }),
    ]);
    expect(answers).toEqual(['overloaded', 'outcome_unknown', 'overloaded']);
    append.resolve();
    await until(async () => (await here.expiries(ledger.uid)).length === 2_000);
    expect((await here.journal(ledger.uid)).map(named).filter((name) => /^(waiting|decided|after)$/.test(name))).toEqual(['decided']);
  }, 60_000);
});

async function place(open: OpenLedgers, ledger: LedgerOf, count: number, hold: (i: number) => Command): Promise<void> {
  const commands = Array.from({ length: count }, (_, i) => hold(i));
  for (let from = 0; from < count; from += 1_000) await open.ask(ledger, asCommands(commands.slice(from, from + 1_000)), origin);
}
