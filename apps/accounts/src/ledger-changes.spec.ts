import type { LedgerEvent } from '@mizan/ledger';
import { START, Writing, capture, hold, open, reverse, transfer } from './history.fixture.js';
import { dayNumber, ledgerChanges, startOfDay } from './ledger-changes.js';

const writing = new Writing('acme', 'main');
writing.do(open('bank:cash', 'asset'));
writing.do(open('clients:17', 'liability'));
writing.do(transfer('t1', 'bank:cash', 'clients:17', 700n, { effectiveAt: START - 1 }));
writing.do(transfer('t2', 'clients:17', 'bank:cash', 50n, { effectiveAt: START - 2 }));
writing.do(transfer('t3', 'clients:17', 'nobody', 50n));
writing.do({ op: 'update', id: 'u1', account: 'clients:17', metadata: { branch: '3' } });
writing.do(transfer('t4', 'clients:17', 'bank:cash', 5n));
const { events } = writing;
const part = (first: number, last: number): readonly LedgerEvent[] => events.slice(first - 1, last);

it('a whole history leaves its accounts with their last totals, and nothing else to update', () => {
  const changes = ledgerChanges(events);
  expect(changes).toMatchObject({ position: 8, opened: { ledger: 'main' } });
  expect(changes.accounts.map(({ id, debitsPosted, creditsPosted, metadata }) => ({ id, debitsPosted, creditsPosted, metadata }))).toEqual([
    { id: 'bank:cash', debitsPosted: 700n, creditsPosted: 55n, metadata: {} },
    { id: 'clients:17', debitsPosted: 55n, creditsPosted: 700n, metadata: { branch: '3' } },
  ]);
  expect(changes.totals.size).toBe(0);
});

it('an account that is only posted to changes its totals alone', () => {
  const changes = ledgerChanges(part(4, 5));
  expect(changes.accounts).toEqual([]);
  expect([...changes.totals]).toEqual([
    ['bank:cash', { debitsPosted: 700n, debitsHeld: 0n, creditsPosted: 50n, creditsHeld: 0n }],
    ['clients:17', { debitsPosted: 50n, debitsHeld: 0n, creditsPosted: 700n, creditsHeld: 0n }],
  ]);
});

it('an account that is posted to, changed, and posted to again is written once, whole', () => {
  const changes = ledgerChanges(part(5, 8));
  expect(changes.accounts).toMatchObject([{ id: 'clients:17', debitsPosted: 55n, metadata: { branch: '3' } }]);
  expect([...changes.totals.keys()]).toEqual(['bank:cash']);
});

it('a rejected command moves the position and nothing else', () => {
  expect(ledgerChanges(part(6, 6))).toMatchObject({ position: 6, opened: null, accounts: [], entries: [], dayTotals: [] });
});

describe('holds', () => {
  const held = new Writing('acme', 'main');
  held.do(open('bank:cash', 'asset'));
  held.do(open('clients:17', 'liability'));
  held.do(hold('h1', 'clients:17', 'bank:cash', 100n));
  held.do(capture('c1', 'h1', 30n, { final: false, effectiveAt: START - 1 }));
  held.do({ op: 'release', id: 'x1', hold: 'h1' });
  held.do(reverse('r1', 'c1'));
  held.do({ op: 'close-period', id: 'p1', through: '2026-01-31' });
  const between = (first: number, last: number) => ledgerChanges(held.events.slice(first - 1, last));

  it('placed and changed in one run are written once, as it leaves them', () => {
    const { placed, changed, totals, accounts } = between(1, 6);
    expect(placed).toMatchObject([{ hold: { id: 'h1', captured: 30n, released: 70n, status: 'released' }, placing: { position: 4 } }]);
    expect([changed, totals.size]).toEqual([[], 0]);
    expect(accounts[1]).toMatchObject({ id: 'clients:17', debitsPosted: 30n, debitsHeld: 0n });
  });

  it('placed before are changed, and with them what their accounts hold', () => {
    const { placed, changed, totals } = between(5, 5);
    expect([placed, changed]).toMatchObject([[], [{ id: 'h1', remaining: 70n, placedPosition: 4, position: 5 }]]);
    expect(totals.get('clients:17')).toEqual({ debitsPosted: 30n, debitsHeld: 70n, creditsPosted: 0n, creditsHeld: 0n });
  });

  it('leave entries and day totals where they are captured, and where a capture is reversed', () => {
    const { entries, dayTotals } = between(4, 7);
    expect(entries.map(({ command }) => command.id)).toEqual(['c1', 'r1']);
    expect(dayTotals).toEqual([
      { account: 'clients:17', day: dayNumber(START), debits: 30n, credits: 30n },
      { account: 'bank:cash', day: dayNumber(START), debits: 30n, credits: 30n },
    ]);
  });

  it('a closed period is the ledger’s', () => {
    expect([between(1, 7).closedThrough, between(1, 8).closedThrough]).toEqual([null, '2026-01-31']);
  });
});

it('days are those of effect, and several postings of a day are one total', () => {
  expect(ledgerChanges(part(4, 5)).dayTotals).toEqual([
    { account: 'bank:cash', day: dayNumber(START), debits: 700n, credits: 50n },
    { account: 'clients:17', day: dayNumber(START), debits: 50n, credits: 700n },
  ]);
});

it.each([
  ['1970-01-01T00:00:00.000Z', 0],
  ['1969-12-31T23:59:59.999Z', -1],
  ['1970-01-02T00:00:00.000Z', 1],
  ['0001-01-01T00:00:00.000Z', -719_162],
])('%s is in day %d', (moment, day) => {
  expect(dayNumber(Date.parse(moment))).toBe(day);
  expect(startOfDay(day)).toBeLessThanOrEqual(Date.parse(moment));
  expect(startOfDay(day + 1)).toBeGreaterThan(Date.parse(moment));
});
