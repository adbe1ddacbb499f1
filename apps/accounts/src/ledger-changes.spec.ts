import type { LedgerEvent } from '@mizan/ledger';
import { START, Writing, capture, hold, open, reverse, transfer } from './history.fixture.js';
import { ledgerChanges } from './ledger-changes.js';

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
  expect(ledgerChanges(part(6, 6))).toMatchObject({ position: 6, opened: null, accounts: [], entries: [], held: [] });
  expect(ledgerChanges(part(6, 6)).lines.size).toBe(0);
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

  it('leave entries where they are captured, and where a capture is reversed', () => {
    const { entries, lines } = between(4, 7);
    expect(entries.map(({ command }) => command.id)).toEqual(['c1', 'r1']);
    expect([...lines]).toEqual([
      ['clients:17', 2],
      ['bank:cash', 2],
    ]);
  });

  it('leave what they take of an account after each of their events', () => {
    const of = (account: string) =>
      between(1, 8).held.flatMap((one) => (one.account === account ? [[one.position, one.debits, one.credits]] : []));
    expect(of('clients:17')).toEqual([
      [4, 100n, 0n],
      [5, 70n, 0n],
      [6, 0n, 0n],
    ]);
    expect(of('bank:cash')).toEqual([
      [4, 0n, 100n],
      [5, 0n, 70n],
      [6, 0n, 0n],
    ]);
  });

  it('a closed period is the ledger’s', () => {
    expect([between(1, 7).closedThrough, between(1, 8).closedThrough]).toEqual([null, '2026-01-31']);
  });
});

it('a moment is known by the last position recorded at it', () => {
  const twice = events.map((event, index) => ({ ...event, recordedAt: START + Math.floor(index / 3) }));
  expect(ledgerChanges(twice).moments).toEqual([
    { recordedAt: START, position: 3 },
    { recordedAt: START + 1, position: 6 },
    { recordedAt: START + 2, position: 8 },
  ]);
});
