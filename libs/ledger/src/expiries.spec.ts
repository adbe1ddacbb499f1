import * as fc from 'fast-check';
import { Expiries } from './expiries.js';
import type { Hold } from './hold.js';
import { expireHold } from './holding.js';
import { play } from './play.js';
import { problemsOf } from './table.fixture.js';

const OPENED = `
    open a asset     JPY
    open b liability JPY  min 0
    transfer in debit a credit b 100 JPY`;

describe('a hold that falls due', () => {
  it.each<[name: string, table: string]>([
    [
      'is there until the moment before, and gone from then on',
      `${OPENED}
    hold h1 debit b credit a 40 JPY  expires 2026-01-05T10:00:00Z
    at 2026-01-05T09:59:59.999Z
    remaining h1 40 placed
    hold h2 debit b credit a 61 JPY             => insufficient_funds b
    capture c1 hold h1 1 JPY  final false
    at 2026-01-05T10:00:00Z
    remaining h1 0 expired
    capture c2 hold h1                          => hold_expired hold
    release r1 hold h1                          => hold_expired hold
    hold h3 debit b credit a 61 JPY
    totals a 100 0 1 61
    totals b 1 61 100 0`,
    ],
    [
      'gives back what was left of it, from frozen accounts too',
      `${OPENED}
    hold h1 debit b credit a 40 JPY  expires 2026-01-05T10:00:00Z
    capture c1 hold h1 15 JPY  final false
    update u1 a frozen all
    update u2 b frozen all  min 100
    at 2027-01-01T00:00:00Z
    remaining h1 0 expired
    totals a 100 0 15 0
    totals b 15 0 100 0`,
    ],
    [
      'does so once, and not where it has ended before',
      `${OPENED}
    hold h1 debit b credit a 10 JPY  expires 2026-01-05T10:00:00Z
    hold h2 debit b credit a 10 JPY  expires 2026-01-05T10:00:00Z
    hold h3 debit b credit a 10 JPY  expires 2026-01-05T10:00:00Z
    hold h4 debit b credit a 10 JPY
    capture c1 hold h1
    release r1 hold h2
    at 2026-01-05T10:00:00Z
    at 2026-01-05T11:00:00Z
    remaining h1 0 captured
    remaining h2 0 released
    remaining h3 0 expired
    remaining h4 10 placed
    totals a 100 0 10 10
    totals b 10 10 100 0`,
    ],
    [
      'makes room: an account can be closed, and what was too much is possible',
      `${OPENED}
    transfer out debit b credit a 100 JPY
    hold h1 debit a credit b 5 JPY  expires 2026-01-05T10:00:00Z
    close k1 b                                  => account_not_empty b
    at 2026-01-05T10:00:00Z
    close k1 b
    close k2 a
    totals a 100 0 100 0
    totals b 100 0 100 0`,
    ],
    [
      'was placed in a group like others',
      `${OPENED}
    group
      hold h1 debit b credit a 40 JPY  expires 2026-01-05T10:00:00Z
      hold h2 debit b credit a 50 JPY  expires 2026-01-05T10:00:00Z
      release r1 hold h2
      capture c1 hold h1 10 JPY  final false
    at 2026-01-05T10:00:00Z
    remaining h1 0 expired
    remaining h2 0 released
    totals a 100 0 10 0
    totals b 10 0 100 0`,
    ],
  ])('%s', (_, table) => expect(problemsOf(table)).toEqual([]));

  it('expires in the order of its expiry, then of its placing', () => {
    const { journal } = play(`${OPENED}
    hold h1 debit b credit a 1 JPY  expires 2026-01-05T10:00:02Z
    hold h2 debit b credit a 1 JPY  expires 2026-01-05T10:00:01Z
    hold h3 debit b credit a 1 JPY  expires 2026-01-05T10:00:02Z
    hold h4 debit b credit a 1 JPY  expires 2026-01-05T10:00:03Z
    at 2026-01-05T10:00:02Z`);
    expect(journal.flatMap((event) => (event.type === 'HoldExpired' ? event.hold.id : []))).toEqual(['h2', 'h1', 'h3']);
    expect(journal.at(-1)).toMatchObject({ recordedAt: Date.UTC(2026, 0, 5, 10, 0, 2), hold: { released: 1n, status: 'expired' } });
  });

  it('that is not due, not open or not there is a bug of the writer', () => {
    const due = Date.UTC(2026, 0, 5, 10);
    const { book } = play(`${OPENED}
    hold h1 debit b credit a 1 JPY  expires 2026-01-05T10:00:00Z
    hold h2 debit b credit a 1 JPY  expires 2026-01-05T10:00:00Z
    hold h3 debit b credit a 1 JPY
    release r1 hold h2`);
    for (const [hold, now] of [
      ['h1', due - 1],
      ['h2', due],
      ['h3', due],
      ['in', due],
    ] as const)
      expect(() => expireHold(book, hold, now)).toThrow(`The hold ${hold} is not open and due.`);
    expect(expireHold(book, 'h1', due)).toMatchObject({ type: 'HoldExpired', position: 9, recordedAt: due });
  });
});

type Deed =
  | { readonly do: 'place'; readonly expiresAt: number | null; readonly debit: string; readonly credit: string }
  | { readonly do: 'end'; readonly place: number }
  | { readonly do: 'expire'; readonly moment: number; readonly accounts: string[] | undefined };

describe('which hold falls due first', () => {
  const account = fc.constantFrom('a', 'b', 'c');
  const moment = fc.integer({ min: 0, max: 20 });
  const deed: fc.Arbitrary<Deed> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('place' as const),
        expiresAt: fc.option(moment, { freq: 9 }),
        debit: account,
        credit: fc.constantFrom('d', 'e'),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('end' as const), place: fc.nat(1_000) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('expire' as const),
        moment,
        accounts: fc.option(fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 3 }), { nil: undefined }),
      }),
    },
  );

  /** The slow and plain way: look at all open holds. */
  const firstOf = (open: Iterable<Hold>, moment: number, accounts?: readonly string[]): Hold | undefined =>
    [...open]
      .filter(({ expiresAt }) => expiresAt !== null && expiresAt <= moment)
      .filter(({ debit, credit }) => !accounts || accounts.includes(debit) || accounts.includes(credit))
      .sort((one, other) => one.expiresAt! - other.expiresAt! || one.placedPosition - other.placedPosition)[0];

  it('is told like by a sorted list, whatever is placed, captured, released and expired in between', () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 60, size: 'max' }), (deeds) => {
        const open = new Map<string, Hold>();
        const expiries = new Expiries((id) => open.has(id));
        const [told, plain]: [unknown[], unknown[]] = [[], []];
        const end = (hold: Hold) => {
          open.delete(hold.id);
          expiries.remove(hold);
        };
        for (const [position, deed] of deeds.entries()) {
          if (deed.do === 'place') {
            const { expiresAt, debit, credit } = deed;
            const hold = { id: `h${position}`, expiresAt, debit, credit, placedPosition: position } as Hold;
            open.set(hold.id, hold);
            expiries.add(hold);
          } else if (deed.do === 'end') {
            const hold = [...open.values()][deed.place % Math.max(1, open.size)];
            if (hold) end(hold);
          } else
            for (;;) {
              const first = firstOf(open.values(), deed.moment, deed.accounts);
              told.push(expiries.firstDue(deed.moment, deed.accounts));
              plain.push(first?.id ?? null);
              if (!first) break;
              end(first);
            }
          told.push(expiries.next);
          plain.push(firstOf(open.values(), Infinity)?.expiresAt ?? null);
        }
        expect(told).toEqual(plain);
      }),
      { numRuns: 10_000 },
    );
  });

  it('needs no more room than the open holds: what has ended is cleared out', () => {
    const open = new Set<string>();
    const expiries = new Expiries((id) => open.has(id));
    for (let n = 0; n < 100_000; n++) {
      // The last expires first, so that what has ended never comes to the top by itself.
      const hold = { id: `h${n}`, expiresAt: n === 0 ? 0 : 2_000_000 - n, debit: 'a', credit: 'b', placedPosition: n } as Hold;
      open.add(hold.id);
      expiries.add(hold);
      if (n === 0) continue;
      open.delete(hold.id);
      expiries.remove(hold);
    }
    const heaps = [expiries['all'], ...expiries['byAccount'].values()];
    expect(heaps.map((queue) => queue['heap'].size <= 2)).toEqual([true, true, true]);
    expect(expiries.firstDue(0, ['a'])).toBe('h0');
    open.clear();
    expiries.remove({ id: 'h0', expiresAt: 0, debit: 'a', credit: 'b' } as Hold);
    expect([expiries['byAccount'].size, expiries.next]).toEqual([0, null]);
  });
});
