import { decodeEvent, journalStream } from '@mizan/contracts';
import { AppendRefused, type EventStore } from '@mizan/event-store';
import type { PostgresEventStore } from '@mizan/event-store-postgres';
import type { Pool } from 'pg';
import { type Answer, type Command, noTexts } from '@mizan/ledger';
import { CheckedClock, WriterFault } from '@mizan/writer';
import type { OpenLedgers } from '@mizan/writer/ledger';
import { PostgresCommandIds } from './tables/command-ids.postgres.js';
import { carryOut, deposit, openLedgerWithAccounts, origin, startWriters, transfersDatabase } from './writing.fixture.js';

type Database = Awaited<ReturnType<typeof transfersDatabase>>;
let database: Database;
let pool: Pool;
let store: PostgresEventStore;
let started: OpenLedgers[] = [];
let count = 0;

beforeAll(async () => {
  database = await transfersDatabase();
  ({ pool, store } = database);
});
afterEach(async () => {
  await Promise.all(started.map((open) => open.stop(2_000)));
  started = [];
});
afterAll(() => database.drop());

async function writers(over: EventStore = store, given: Parameters<typeof startWriters>[2] = {}): Promise<OpenLedgers> {
  const open = await startWriters(pool, over, given);
  started.push(open);
  return open;
}

const newLedger = (): { uid: string; tenant: string } => ({ uid: `l${(count += 1)}`, tenant: 't1' });

const commandOf = (text: string): string => {
  const event = decodeEvent(text);
  return 'command' in event ? event.command.id : event.type;
};

async function journal(uid: string): Promise<string[]> {
  const ids: string[] = [];
  for (let after = 0; ;) {
    const page = await store.read(journalStream(uid), after, 1000);
    if (page.length === 0) return ids;
    for (const { text } of page) {
      const event = decodeEvent(text);
      ids.push('command' in event ? `${event.type} ${event.command.id}` : event.type);
    }
    after = page.at(-1)!.version;
  }
}

describe('group commit', () => {
  it('puts what arrives together into few appends, and answers each with its own event', async () => {
    let appends = 0;
    const counting = over<EventStore>(store, { append: async (...given) => ((appends += 1), store.append(...given)) });
    const open = await writers(counting);
    const ledger = newLedger();
    await openLedgerWithAccounts(open, ledger, 1);
    appends = 0;
    const answers = await Promise.all(Array.from({ length: 500 }, (_, i) => carryOut(open, ledger, deposit(`t${i}`, 1, 1n))));
    expect(answers.map(({ status, event }) => [status, event?.command.id])).toEqual(answers.map((_, i) => ['applied', `t${i}`]));
    expect(appends).toBeLessThan(20);
    expect((await journal(ledger.uid)).length).toBe(1 + 2 + 500);
  });

  it('answers nothing before it is durable, replays and lookups included', async () => {
    const gate = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    let hold = false;
    const slow = over<EventStore>(store, {
      append: async (...given) => {
        if (hold) {
          entered.resolve();
          await gate.promise;
        }
        return store.append(...given);
      },
    });
    const open = await writers(slow);
    const ledger = newLedger();
    await openLedgerWithAccounts(open, ledger, 1);
    hold = true;
    const answered: string[] = [];
    const first = carryOut(open, ledger, deposit('t', 1, 5n)).then(() => answered.push('first'));
    await entered.promise;
    const again = carryOut(open, ledger, deposit('t', 1, 5n)).then((answer) => answered.push(answer.replayed ? 'replay' : 'second'));
    const lookup = open.ask(ledger, [{ kind: 'lookup', id: 't' }], origin).then(([event]) => answered.push(event ? 'found' : 'missing'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(answered).toEqual([]);
    gate.resolve();
    await Promise.all([first, again, lookup]);
    expect([answered[0], new Set(answered.slice(1))]).toEqual(['first', new Set(['replay', 'found'])]);
  });
});

describe('an append whose outcome is unknown', () => {
  it.each(['before', 'after'] as const)('is settled by reading the stream when the connection breaks %s the write', async (when) => {
    let breaks = 0;
    const breaking = over<EventStore>(store, {
      append: async (...given) => {
        const fails = breaks > 0 && breaks-- > 0;
        if (fails && when === 'before') throw new Error('the connection broke');
        const appended = await store.append(...given);
        if (fails) throw new Error('the connection broke');
        return appended;
      },
    });
    const open = await writers(breaking);
    const ledger = newLedger();
    await openLedgerWithAccounts(open, ledger, 1);
    breaks = 3;
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => carryOut(open, ledger, deposit(`t${i}`, 1, 1n))));
    expect(answers.every(({ status, replayed }) => status === 'applied' && !replayed)).toBe(true);
    const ids = await journal(ledger.uid);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBe(1 + 2 + 20);
  });

  it('is what a batch comes to when the writer ends in the middle of it: the same ids settle it', async () => {
    let appends = 0;
    const refusing = over<EventStore>(store, {
      append: async (stream, expected, events) => {
        if ((appends += 1) === 3) throw new AppendRefused('The event store is closed.');
        return store.append(stream, expected, events);
      },
    });
    const open = await writers(refusing);
    const ledger = newLedger();
    await openLedgerWithAccounts(open, ledger, 1);
    appends = 1;
    const batch = Array.from({ length: 2_500 }, (_, i) => ({ kind: 'command', command: deposit(`t${i}`, 1, 1n) }) as const);
    await expect(open.ask(ledger, batch, origin)).rejects.toMatchObject({ kind: 'outcome_unknown' });
    const again = await open.ask(ledger, batch, origin);
    const replayed = again.filter((answer) => answer.replayed).length;
    expect(again.every(({ status }) => status === 'applied')).toBe(true);
    expect([replayed > 0, replayed < batch.length, (await journal(ledger.uid)).length]).toEqual([true, true, 3 + batch.length]);
  });
});

describe('a store that takes less in one append than a flush has', () => {
  /** @param fails what becomes of the n-th append, from 1. */
  async function narrow(appended: string[][], fails: (nth: number) => Error | null = () => null): Promise<OpenLedgers> {
    return writers(
      over<EventStore>(store, {
        limits: { events: 20, bytes: 1024 * 1024 },
        append: async (stream, expected, events) => {
          const fault = fails(appended.length + 1);
          if (fault) throw fault;
          if (events.length > 20) throw new AppendRefused(`too many: ${events.length}`);
          const result = await store.append(stream, expected, events);
          appended.push(events.map((text) => commandOf(text)));
          return result;
        },
      }),
    );
  }

  const deposits = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, i) => ({ kind: 'command', command: deposit(`${prefix}${i}`, 1, 1n) }) as const);
  const groupOf = (prefix: string, count: number) =>
    ({ kind: 'group', group: { op: 'group', id: null, operations: deposits(prefix, count).map(({ command }) => command) } }) as never;

  it('gets whole commands one append behind the other, and never a part of a group', async () => {
    const appended: string[][] = [];
    const open = await narrow(appended);
    const ledger = newLedger();
    await openLedgerWithAccounts(open, ledger, 1);
    appended.length = 0;
    await open.ask(ledger, [...deposits('a', 15), groupOf('g', 12), ...deposits('b', 30), groupOf('h', 18)], origin);
    expect(appended.map((ids) => ids.length)).toEqual([15, 12 + 8, 20, 2 + 18]);
    for (const ids of appended) expect([0, 12]).toContain(ids.filter((id) => id.startsWith('g')).length);
    for (const ids of appended) expect([0, 18]).toContain(ids.filter((id) => id.startsWith('h')).length);
    expect(appended.flat()).toEqual((await journal(ledger.uid)).slice(3).map((line) => line.split(' ')[1]));
  });

  it('a later append that cannot be made takes back nothing that was answered before it', async () => {
    const appended: string[][] = [];
    let failAt = Infinity;
    const open = await narrow(appended, (nth) => (nth === failAt ? new AppendRefused('The event store is closed.') : null));
    const ledger = newLedger();
    await openLedgerWithAccounts(open, ledger, 1);
    failAt = appended.length + 3;
    const told = await Promise.all(
      deposits('t', 50).map(({ command }) =>
        carryOut(open, ledger, command).then(
          ({ status }) => status,
          (fault: WriterFault) => fault.kind,
        ),
      ),
    );
    expect(told).toEqual(Array.from({ length: 50 }, (_, i) => (i < 40 ? 'applied' : 'unavailable')));
    failAt = Infinity;
    expect((await journal(ledger.uid)).length).toBe(3 + 40);
    const again = await Promise.all(deposits('t', 50).map(({ command }) => carryOut(open, ledger, command)));
    expect(again.map(({ replayed }) => replayed)).toEqual(Array.from({ length: 50 }, (_, i) => i < 40));
    expect((await journal(ledger.uid)).length).toBe(3 + 50);
  });

  it('a later append whose outcome nobody learns leaves only what stood in it unknown', async () => {
    const appended: string[][] = [];
    let breaksFrom = Infinity;
    const open = await narrow(appended, (nth) => (nth >= breaksFrom ? new Error('the connection broke') : null));
    const ledger = newLedger();
    await openLedgerWithAccounts(open, ledger, 1);
    breaksFrom = appended.length + 3;
    const asked = deposits('t', 50).map(({ command }) =>
      carryOut(open, ledger, command).then(
        ({ status }) => status,
        (fault: WriterFault) => fault.kind,
      ),
    );
    expect(await asked[39]).toBe('applied');
    await open.stop(200);
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 50 }, (_, i) => (i < 40 ? 'applied' : 'outcome_unknown')));
    expect((await journal(ledger.uid)).length).toBe(3 + 40);
  });

  it('another writer that comes between two appends of a flush fences the second, and nothing is there twice', async () => {
    const appended: string[][] = [];
    let another: (() => Promise<unknown>) | null = null;
    const between: EventStore = over<EventStore>(store, {
      limits: { events: 20, bytes: 1024 * 1024 },
      append: async (stream, expected, events) => {
        if (another && appended.length === 2) {
          const come = another;
          another = null;
          await come();
        }
        const result = await store.append(stream, expected, events);
        if (result.status === 'appended') appended.push(events.map((text) => commandOf(text)));
        return result;
      },
    });
    const open = await writers(between);
    const ledger = newLedger();
    await openLedgerWithAccounts(open, ledger, 1);
    // The same address is the same place restarted, so it takes the lease at once: the first writer does not know.
    const two = await writers(store);
    appended.length = 0;
    another = () => carryOut(two, ledger, deposit('by-two', 1, 1n));
    const settled = await Promise.all(
      deposits('t', 50).map(({ command }) => carryOut(open, ledger, command).catch(() => carryOut(two, ledger, command))),
    );
    expect(settled.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 'applied'));
    const ids = (await journal(ledger.uid)).slice(3).map((line) => line.split(' ')[1]);
    expect(ids.slice(0, 41)).toEqual([...Array.from({ length: 40 }, (_, i) => `t${i}`), 'by-two']);
    expect(ids.slice(41).sort()).toEqual(Array.from({ length: 10 }, (_, i) => `t${40 + i}`));
  });
});

describe('a second writer', () => {
  it('is refused while the lease lasts', async () => {
    const one = await writers(store, { owner: 'http://127.0.0.1:1' });
    const two = await writers(store, { owner: 'http://127.0.0.1:2' });
    const ledger = newLedger();
    await openLedgerWithAccounts(one, ledger, 1);
    await expect(carryOut(two, ledger, deposit('t', 1, 1n))).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('fences the first one: the loser writes nothing, drops its state and goes on from what is there', async () => {
    const one = await writers(store, { owner: 'http://127.0.0.1:1' });
    const ledger = newLedger();
    await openLedgerWithAccounts(one, ledger, 1);
    // The same address is the same place restarted, so it takes the lease at once: the first writer does not know.
    const two = await writers(store, { owner: 'http://127.0.0.1:1' });
    await carryOut(two, ledger, deposit('by-two', 1, 1n));
    const refusedOrDone = await carryOut(one, ledger, deposit('by-one', 1, 1n)).catch((fault: { kind: string }) => fault.kind);
    expect(refusedOrDone === 'unavailable' || (refusedOrDone as { status: string }).status === 'applied').toBe(true);
    const settled = await carryOut(one, ledger, deposit('by-one', 1, 1n)).catch(() => carryOut(two, ledger, deposit('by-one', 1, 1n)));
    expect(settled.status).toBe('applied');
    expect((await journal(ledger.uid)).slice(3)).toEqual(['EntryPosted by-two', 'EntryPosted by-one']);
  });

  it('has a ledger at once that another one could not load: a program of before, which does not know the events of a newer one', async () => {
    const ledger = newLedger();
    const first = await writers();
    await openLedgerWithAccounts(first, ledger, 1);
    await first.stop(2_000);
    const newer = (text: string): string => text.replace('"schemaVersion":1', '"schemaVersion":2');
    const asOfBefore = over<EventStore>(store, {
      read: async (...given) => (await store.read(...given)).map(({ version, text }) => ({ version, text: newer(text) })),
    });
    const old = await writers(asOfBefore, { owner: 'http://127.0.0.1:2' });
    await expect(carryOut(old, ledger, deposit('t1', 1, 1n))).rejects.toThrow('The ledger cannot be loaded at the moment.');
    const next = await writers(store, { owner: 'http://127.0.0.1:3' });
    expect(await carryOut(next, ledger, deposit('t1', 1, 1n))).toMatchObject({ status: 'applied' });
  });
});

describe('what memory has forgotten', () => {
  it('comes back from the index: replays, conflicts and recorded rejections after a restart', async () => {
    const ledger = newLedger();
    const one = await writers();
    await openLedgerWithAccounts(one, ledger, 2);
    for (const i of [1, 2, 3]) await carryOut(one, ledger, deposit(`t${i}`, 1, BigInt(i), `reference ${i}`));
    await carryOut(one, ledger, { ...deposit('no', 1, 1n), credit: 'clients:99' } as never);
    await one.stop(2_000);
    const two = await writers();
    const again = await carryOut(two, ledger, deposit('t2', 1, 2n, 'reference 2'));
    expect(again).toMatchObject({ status: 'applied', replayed: true, event: { position: 6, texts: { reference: 'reference 2' } } });
    expect(await carryOut(two, ledger, deposit('t2', 1, 2n, 'another'))).toMatchObject({
      status: 'rejected',
      rejection: { code: 'id_conflict', field: 'reference' },
    });
    expect(await carryOut(two, ledger, deposit('no', 1, 1n))).toMatchObject({
      status: 'rejected',
      replayed: true,
      rejection: { code: 'account_not_found' },
    });
    const opened = await carryOut(two, ledger, {
      op: 'open',
      id: 'clients:1',
      type: 'liability',
      asset: 'CZK',
      minBalance: null,
      maxBalance: null,
      texts: { reference: null, metadata: {} },
    });
    expect(opened).toMatchObject({ status: 'applied', replayed: true, event: { type: 'AccountOpened', position: 3 } });
    expect(await carryOut(two, ledger, deposit('t4', 1, 4n))).toMatchObject({
      status: 'applied',
      event: { postings: [{}, { balances: { creditsPosted: 10n } }] },
    });
  });

  it('holds also where the index lags behind the journal when the process dies', async () => {
    const ledger = newLedger();
    const one = await writers();
    await openLedgerWithAccounts(one, ledger, 1);
    for (let i = 0; i < 50; i += 1) await carryOut(one, ledger, deposit(`t${i}`, 1, 1n));
    await one.stop(2_000);
    await database.pool.query('SELECT 1');
    await clearIndex(ledger.uid);
    const two = await writers();
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => carryOut(two, ledger, deposit(`t${i}`, 1, 1n))));
    expect(answers.every(({ replayed }) => replayed)).toBe(true);
  });
});

describe('what the index is behind with', () => {
  const hold: Command = { op: 'hold', id: 'h', debit: 'clients:1', credit: 'bank:cash', amount: 500n, expiresAt: null, texts: noTexts };
  const capture = (id: string, amount: bigint | null, final: boolean): Command => {
    return { op: 'capture', id, hold: 'h', amount, final, effectiveAt: null, texts: noTexts };
  };
  const reverse = (id: string, amount: bigint): Command => ({ op: 'reverse', id, entry: 't', amount, texts: noTexts });

  async function behind(first: readonly Command[], later: readonly Command[]) {
    const ids = new PostgresCommandIds(pool);
    let stands = false;
    const open = await writers(store, {
      ids: over(ids, { add: (...given) => (stands ? Promise.reject(new Error('away')) : ids.add(...given)) }),
    });
    const ledger = newLedger();
    await openLedgerWithAccounts(open, ledger, 1);
    const last = await Promise.all(first.map((command) => carryOut(open, ledger, command)));
    await indexed(ledger.uid, last.at(-1)!.event!.position);
    stands = true;
    for (const command of later) expect(await carryOut(open, ledger, command)).toMatchObject({ status: 'applied' });
    return { open, ledger };
  }

  it('does not bring a hold back that has ended, when its id is asked for as an entry', async () => {
    const { open, ledger } = await behind([deposit('t', 1, 1_000n), hold, capture('a', 200n, false)], [capture('b', 250n, true)]);
    expect(await open.ask(ledger, [{ kind: 'entry', id: 'h' }], origin)).toEqual([null]);
    expect(await carryOut(open, ledger, capture('c', null, true))).toMatchObject({ rejection: { code: 'hold_captured' } });
  });

  it('does not bring back what could still be reversed, when an entry’s id is asked for as a hold', async () => {
    const { open, ledger } = await behind([deposit('t', 1, 1_000n), reverse('a', 400n)], [reverse('b', 600n)]);
    expect(await open.ask(ledger, [{ kind: 'hold', id: 't' }], origin)).toEqual([null]);
    expect(await carryOut(open, ledger, reverse('c', 1n))).toMatchObject({ rejection: { code: 'reversal_exceeds_entry' } });
  });
});

describe('a fault in the middle of a batch', () => {
  it('leaves undecided what stands behind it, so that nothing is decided without what was asked before', async () => {
    let fails = false;
    const open = await writers(store, {
      ids: over(new PostgresCommandIds(pool), { positions: (...given) => failing(fails, () => ids.positions(...given)) }),
    });
    const ids = new PostgresCommandIds(pool);
    const ledger = newLedger();
    await openLedgerWithAccounts(open, ledger, 1);
    await carryOut(open, ledger, deposit('first', 1, 1n));
    await indexed(ledger.uid, 4);
    const late: Command = {
      op: 'open',
      id: 'clients:late',
      type: 'liability',
      asset: 'CZK',
      minBalance: null,
      maxBalance: null,
      texts: noTexts,
    };
    const pay: Command = { ...deposit('pay', 1, 7n), credit: 'clients:late' } as Command;
    const commands = [late, ...Array.from({ length: 999 }, (_, i) => deposit(`t${i}`, 1, 1n)), pay, deposit('after', 1, 7n)];
    const batch = commands.map((command) => ({ kind: 'command', command }) as const);
    fails = true;
    const refused = open.ask(ledger, batch, origin);
    await expect(refused).rejects.toMatchObject({ kind: 'unavailable' });
    fails = false;
    expect((await journal(ledger.uid)).length).toBe(4);
    const answers = await open.ask(ledger, batch, origin);
    expect(answers.every(({ status, replayed }) => status === 'applied' && !replayed)).toBe(true);
  });

  it('forgets nothing of what was put back when the lease is lost', async () => {
    const open = await writers();
    const ledger = newLedger();
    await openLedgerWithAccounts(open, ledger, 1);
    const legs = Array.from(
      { length: 64 },
      (_, i) => ({ account: i % 2 ? 'clients:1' : 'bank:cash', side: i % 2 ? 'credit' : 'debit', amount: 1n }) as const,
    );
    const wide = Array.from(
      { length: 900 },
      (_, i) => ({ kind: 'command', command: { op: 'transfer', id: `w${i}`, postings: legs, effectiveAt: null, texts: noTexts } }) as const,
    );
    const asked = open.ask(ledger, wide, origin);
    await new Promise(setImmediate);
    await open.find(ledger.uid)!.end(new WriterFault('unavailable', 'The lease was lost.'));
    // Where nothing of it was written yet, the ledger is loaded anew and all of it is carried out.
    const outcome = await asked.then(
      () => 'done',
      ({ kind, cause }: WriterFault) => (cause ? kind : 'given up after the deadline'),
    );
    expect(['done', 'outcome_unknown']).toContain(outcome);
    expect(open.readiness()).toMatchObject({ queuedCommands: 0 });
  });
});

describe('stopping', () => {
  it('ends in time also where the index cannot be written, and takes nothing more', async () => {
    const ids = new PostgresCommandIds(pool);
    const open = await writers(store, { ids: over(ids, { add: () => Promise.reject(new Error('the index is away')) }) });
    const ledger = newLedger();
    await expect(open.ask(ledger, [{ kind: 'open-ledger', tenant: 't1', ledger: 'x', name: 'x' }], origin)).resolves.toEqual([
      { created: true },
    ]);
    await open.stop(300);
    await expect(carryOut(open, ledger, deposit('t', 1, 1n))).rejects.toMatchObject({ kind: 'unavailable' });
    const { rows } = await pool.query('SELECT 1 FROM transfers.leases WHERE ledger = $1 AND until > clock_timestamp()', [ledger.uid]);
    expect(rows).toEqual([]);
  });
});

describe('ledgers that are idle', () => {
  it('are put away after a while, their leases given back, and come back when asked', async () => {
    const open = await writers(store, { bounds: { maxOpen: 8, idleMs: 0 } });
    const ledger = newLedger();
    await openLedgerWithAccounts(open, ledger, 1);
    while (open.find(ledger.uid)) await new Promise((resolve) => setTimeout(resolve, 50));
    const other = await writers(store, { owner: 'http://127.0.0.1:2' });
    const taken = async (): Promise<Answer> => carryOut(other, ledger, deposit('t', 1, 1n)).catch(() => taken());
    expect(await taken()).toMatchObject({ status: 'applied', event: { position: 4 } });
  });

  it('make room for others, the least recently used first', async () => {
    const open = await writers(store, { bounds: { maxOpen: 2, idleMs: 600_000 } });
    const ledgers = [newLedger(), newLedger(), newLedger()] as const;
    for (const ledger of ledgers) {
      await openLedgerWithAccounts(open, ledger, 1);
      await indexed(ledger.uid, 3);
    }
    expect(ledgers.map(({ uid }) => open.find(uid) !== undefined)).toEqual([false, true, true]);
    expect(await carryOut(open, ledgers[0], deposit('t', 1, 1n))).toMatchObject({ status: 'applied' });
  });
});

describe('a ledger that was never opened', () => {
  it('is not found, however often it is asked', async () => {
    const open = await writers();
    const ledger = newLedger();
    for (const id of ['a', 'b']) await expect(carryOut(open, ledger, deposit(id, 1, 1n))).rejects.toMatchObject({ kind: 'not_found' });
  });
});

describe('bounds', () => {
  it('refuses what the queue cannot hold', async () => {
    const gate = Promise.withResolvers<void>();
    let hold = false;
    const slow = over<EventStore>(store, { append: async (...given) => (hold && (await gate.promise), store.append(...given)) });
    const open = await writers(slow);
    const ledger = newLedger();
    await openLedgerWithAccounts(open, ledger, 1);
    hold = true;
    const batch = (from: number) =>
      Array.from({ length: 8_000 }, (_, i) => ({ kind: 'command', command: deposit(`t${from + i}`, 1, 1n) }) as const);
    const accepted = [open.ask(ledger, batch(0), origin), open.ask(ledger, batch(8_000), origin)];
    await expect(open.ask(ledger, batch(16_000), origin)).rejects.toMatchObject({ kind: 'overloaded' });
    gate.resolve();
    const replies = (await Promise.all(accepted)).flat();
    expect(replies.every(({ status }) => status === 'applied')).toBe(true);
    expect((await journal(ledger.uid)).length).toBe(3 + 16_000);
  });

  it('writes no moment that was not compared: a jump while facts are loaded is seen', async () => {
    let ahead = 0;
    let jumps = false;
    const ids = new PostgresCommandIds(pool);
    const jumping = over(ids, { positions: (...given) => ((ahead = jumps ? 365 * 86_400_000 : 0), ids.positions(...given)) });
    const open = await writers(store, { ids: jumping, clock: new CheckedClock(() => Date.now() + ahead) });
    const ledger = newLedger();
    await openLedgerWithAccounts(open, ledger, 1);
    await carryOut(open, ledger, deposit('first', 1, 1n));
    await indexed(ledger.uid, 4);
    jumps = true;
    await expect(carryOut(open, ledger, deposit('t', 1, 1n))).rejects.toMatchObject({ kind: 'unavailable' });
    jumps = false;
    ahead = 0;
    expect((await journal(ledger.uid)).length).toBe(4);
  });

  it('writes nothing when the clock is more than 2 s from the database’s', async () => {
    let ahead = 0;
    const clock = new CheckedClock(() => Date.now() + ahead);
    const open = await writers(store, { clock });
    const ledger = newLedger();
    await openLedgerWithAccounts(open, ledger, 1);
    ahead = 2_500;
    await expect(carryOut(open, ledger, deposit('t', 1, 1n))).rejects.toMatchObject({ kind: 'unavailable' });
    expect((await journal(ledger.uid)).length).toBe(3);
    ahead = 0;
    expect((await carryOut(open, ledger, deposit('t', 1, 1n))).status).toBe('applied');
  });
});

/** The real thing with some of its functions replaced: what a network may do between the writer and it. */
function over<T extends object>(real: T, instead: Partial<T>): T {
  return new Proxy(real, {
    get: (target, name) => {
      const own: unknown = Reflect.get(instead, name) ?? Reflect.get(target, name);
      return typeof own === 'function' && !Reflect.has(instead, name) ? (own as () => unknown).bind(target) : own;
    },
  });
}

const failing = <T>(fails: boolean, otherwise: () => Promise<T>): Promise<T> =>
  fails ? Promise.reject(new Error('the connection broke')) : otherwise();

/** Resolves when the index of ids has followed a journal so far. */
async function indexed(uid: string, position: number): Promise<void> {
  while ((await new PostgresCommandIds(pool).followed(uid)).through < position) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** As if the process had died before the index caught up. */
async function clearIndex(uid: string): Promise<void> {
  for (const table of ['command_ids', 'later_effects', 'command_ids_through'])
    await database.administrate(`DELETE FROM transfers.${table} WHERE ledger = $1`, [uid]);
}
