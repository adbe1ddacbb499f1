import type { Capture } from './command.js';
import { decide } from './decide.js';
import type { HoldCaptured, HoldPlaced } from './events.js';
import { play } from './play.js';
import { problemsOf } from './table.fixture.js';
import { noTexts } from './texts.js';

describe('hold', () => {
  it.each<[name: string, table: string]>([
    [
      'raises what is held on both sides, and no posted balance',
      `
    open a asset     JPY
    open b liability JPY
    transfer in debit a credit b 100 JPY
    hold h1 debit b credit a 40 JPY
    hold h2 debit b credit a 10 JPY  expires 2026-01-06T09:00:00Z
    hold h3 debit a credit b 5 JPY
    balance b 100 JPY
    remaining h1 40 placed
    totals a 100 5 0 50
    totals b 0 50 100 5`,
    ],
    [
      'names the first account that is missing, and stands between accounts of one asset',
      `
    open a asset JPY
    open u asset USD
    hold h1 debit x credit y 1 JPY  => account_not_found x
    hold h2 debit a credit y 1 JPY  => account_not_found y
    hold h3 debit a credit u 1 JPY  => asset_mismatch
    open b asset JPY
    hold h3 debit a credit b 1 JPY
    totals a 0 1 0 0
    totals b 0 0 0 1
    totals u 0.00 0.00 0.00 0.00`,
    ],
    [
      'needs an expiry that is still to come; this spends nothing',
      `
    open a asset JPY
    open b asset JPY
    at 2026-01-05T10:00:00Z
    hold h1 debit a credit b 1 JPY  expires 2026-01-05T09:59:59.999Z  => invalid_date expiresAt
    hold h1 debit a credit b 1 JPY  expires 2026-01-05T10:00:00Z      => invalid_date expiresAt
    hold h1 debit a credit b 1 JPY  expires 2026-01-05T10:00:00.001Z
    totals a 0 1 0 0
    totals b 0 0 0 1`,
    ],
    [
      'takes from what is available: money held against an account is gone, money held towards it has not come',
      `
    open a asset     JPY
    open b liability JPY  min 0  max 100
    transfer in debit a credit b 50 JPY
    hold h1 debit b credit a 30 JPY
    hold h2 debit b credit a 21 JPY            => insufficient_funds b
    transfer t1 debit b credit a 21 JPY        => insufficient_funds b
    hold h3 debit a credit b 50 JPY
    hold h4 debit a credit b 1 JPY             => limit_exceeded b
    transfer t2 debit a credit b 1 JPY         => limit_exceeded b
    transfer t3 debit b credit a 21 JPY        => insufficient_funds b
    transfer t4 debit b credit a 20 JPY
    transfer t5 debit a credit b 20 JPY
    totals a 70 50 20 30
    totals b 20 30 70 50`,
    ],
    [
      'on accounts that grow by debits it is the other way round',
      `
    open a asset  JPY  min 0  max 100
    open e equity JPY
    transfer in debit a credit e 50 JPY
    hold h1 debit e credit a 30 JPY
    hold h2 debit e credit a 21 JPY            => insufficient_funds a
    hold h3 debit a credit e 50 JPY
    hold h4 debit a credit e 1 JPY             => limit_exceeded a
    totals a 50 50 0 30
    totals e 0 30 50 50`,
    ],
    [
      'counts towards the bound of a side; this spends nothing',
      `
    open a asset     JPY
    open b liability JPY
    open c liability JPY
    transfer in debit b credit c 5 JPY
    hold h1 debit b credit a 340282366920938463463374607431768211450 JPY
    hold h2 debit b credit c 1 JPY             => balance_overflow b
    transfer t1 debit b credit c 1 JPY         => balance_overflow b
    hold h2 debit c credit b 1 JPY
    capture c1 hold h1
    totals a 0 0 340282366920938463463374607431768211450 0
    totals b 340282366920938463463374607431768211455 0 0 1
    totals c 0 1 5 0`,
    ],
    [
      'keeps its accounts from being closed',
      `
    open a asset     JPY
    open b liability JPY
    hold h1 debit a credit b 1 JPY
    close c1 a                                 => account_not_empty a
    close c1 b                                 => account_not_empty b
    release r1 hold h1
    close c1 a
    close c2 b
    totals a 0 0 0 0
    totals b 0 0 0 0`,
    ],
  ])('%s', (_, table) => expect(problemsOf(table)).toEqual([]));
});

const OPENED = `
    open a asset     JPY
    open b liability JPY  min 0
    transfer in debit a credit b 100 JPY`;

describe('capture', () => {
  it.each<[name: string, table: string]>([
    [
      'posts all that remains',
      `${OPENED}
    hold h1 debit b credit a 40 JPY
    capture c1 hold h1             => moves 40
    remaining h1 0 captured
    hold h2 debit b credit a 60 JPY
    capture c2 hold h2 60 JPY
    remaining h2 0 captured
    totals a 100 0 100 0
    totals b 100 0 100 0`,
    ],
    [
      'of a part gives the rest back and ends the hold as captured, unless it is not final',
      `${OPENED}
    hold h1 debit b credit a 40 JPY
    capture c1 hold h1 15 JPY
    remaining h1 0 captured
    hold h2 debit b credit a 40 JPY
    capture c2 hold h2 10 JPY  final false
    remaining h2 30 placed
    capture c3 hold h2 5 JPY   final false
    remaining h2 25 placed
    totals a 100 0 30 25
    totals b 30 25 100 0
    capture c4 hold h2         final true    => moves 25
    remaining h2 0 captured
    totals a 100 0 55 0
    totals b 55 0 100 0`,
    ],
    [
      'that leaves nothing ends the hold, final or not',
      `${OPENED}
    hold h1 debit b credit a 40 JPY
    capture c1 hold h1 39 JPY  final false
    capture c2 hold h1 1 JPY   final false
    remaining h1 0 captured
    hold h2 debit b credit a 40 JPY
    capture c3 hold h2         final false   => moves 40
    remaining h2 0 captured
    totals a 100 0 80 0
    totals b 80 0 100 0`,
    ],
    [
      'never takes more than remains; this spends nothing',
      `${OPENED}
    hold h1 debit b credit a 40 JPY
    capture c1 hold h1 41 JPY                => capture_exceeds_hold amount
    capture c1 hold h1 30 JPY  final false
    capture c2 hold h1 11 JPY                => capture_exceeds_hold amount
    capture c2 hold h1 10 JPY
    capture c3 hold h1 1 JPY                 => hold_captured hold
    capture c3 hold h1                       => hold_captured hold
    capture c4 hold x                        => hold_not_found hold
    capture c5 hold in                       => hold_not_found hold
    totals a 100 0 40 0
    totals b 40 0 100 0`,
    ],
    [
      'looks at no limit again, which the hold was checked for',
      `${OPENED}
    hold h1 debit b credit a 40 JPY
    hold h2 debit a credit b 40 JPY
    update u1 b min 100  max 100
    capture c1 hold h1
    capture c2 hold h2
    totals a 140 0 40 0
    totals b 40 0 140 0`,
    ],
    [
      'touches no frozen side; the hold stays, and can still be given back',
      `${OPENED}
    hold h1 debit b credit a 40 JPY
    update u1 b frozen debits
    capture c1 hold h1 10 JPY                => account_frozen b
    update u2 b frozen none
    update u3 a frozen credits
    capture c2 hold h1                       => account_frozen a
    update u4 a frozen debits
    update u5 b frozen credits
    capture c3 hold h1 10 JPY  final false
    update u6 a frozen all
    update u7 b frozen all
    release r1 hold h1
    remaining h1 0 released
    totals a 100 0 10 0
    totals b 10 0 100 0`,
    ],
    [
      'counts when it is said to, also before the hold was placed, but in no closed period',
      `${OPENED}
    hold h1 debit b credit a 40 JPY
    capture c1 hold h1 10 JPY  final false  effective 2025-06-01T00:00:00Z
    close-period p1 2025-12-31
    capture c2 hold h1 10 JPY  final false  effective 2025-12-31T23:59:59.999Z  => period_closed
    capture c2 hold h1 10 JPY  final false  effective 2026-01-01T00:00:00Z
    capture c3 hold h1
    totals a 100 0 40 0
    totals b 40 0 100 0`,
    ],
  ])('%s', (_, table) => expect(problemsOf(table)).toEqual([]));

  it.each<[given: string, reference: string | null, metadata: object]>([
    ['', 'Room 5', { stay: '9' }],
    ['reference "Room 6"', 'Room 6', { stay: '9' }],
    ['metadata.part 1', 'Room 5', { part: '1' }],
    ['reference ""', '', { stay: '9' }],
  ])('with %p has the words of its hold where it gives none', (given, reference, metadata) => {
    const { journal } = play(`${OPENED}
    hold h1 debit b credit a 40 JPY  reference "Room 5"  metadata.stay 9
    capture c1 hold h1 ${given}`);
    expect(journal.at(-1)).toMatchObject({ type: 'HoldCaptured', texts: { reference, metadata } });
    expect((journal.at(-1) as HoldCaptured).texts!.metadata).toEqual(metadata);
  });

  it('has no words where those of its hold have been erased', () => {
    const { book } = play(`${OPENED}
    hold h1 debit b credit a 40 JPY  reference "Room 5"  metadata.stay 9`);
    const placed = book.command('h1') as HoldPlaced;
    book.commands.set('h1', { ...placed, texts: null, command: { ...placed.command, texts: noTexts } });
    const capture: Capture = { op: 'capture', id: 'c1', hold: 'h1', amount: null, final: true, effectiveAt: null, texts: noTexts };
    expect(decide(book, capture, book.ledger.recordedAt).events).toMatchObject([{ type: 'HoldCaptured', texts: noTexts }]);
  });

  it('writes its entry, what it gave back, and the hold as it is then', () => {
    const { journal } = play(`${OPENED}
    hold h1 debit b credit a 40 JPY
    capture c1 hold h1 15 JPY  final false
    capture c2 hold h1 5 JPY`);
    const a = { debitsPosted: 100n, debitsHeld: 0n, creditsPosted: 20n, creditsHeld: 0n };
    const b = { debitsPosted: 20n, debitsHeld: 0n, creditsPosted: 100n, creditsHeld: 0n };
    expect(journal.slice(-2)).toMatchObject([
      { released: 0n, hold: { captured: 15n, released: 0n, remaining: 25n, status: 'placed', placedPosition: 5, position: 6 } },
      {
        released: 20n,
        hold: { captured: 20n, released: 20n, remaining: 0n, status: 'captured', placedPosition: 5, position: 7 },
        postings: [
          { account: 'b', side: 'debit', amount: 5n, asset: 'JPY', balances: b },
          { account: 'a', side: 'credit', amount: 5n, asset: 'JPY', balances: a },
        ],
      },
    ]);
  });
});

describe('release', () => {
  it.each<[name: string, table: string]>([
    [
      'gives all that remains back, once, whatever has happened to the accounts; where it is refused it spends nothing',
      `${OPENED}
    release r1 hold x                        => hold_not_found hold
    hold h1 debit b credit a 40 JPY
    capture c1 hold h1 10 JPY  final false
    update u1 a frozen all
    update u2 b frozen all  min 100
    release r1 hold h1
    remaining h1 0 released
    release r2 hold h1                       => hold_released hold
    capture c2 hold h1                       => hold_released hold
    update u3 b frozen none
    update u4 a frozen none
    hold h2 debit a credit b 1 JPY
    release r2 hold h2
    totals a 100 0 10 0
    totals b 10 0 100 0`,
    ],
    [
      'is too late after the capture',
      `${OPENED}
    hold h1 debit b credit a 40 JPY
    capture c1 hold h1 10 JPY
    release r1 hold h1                       => hold_captured hold
    totals a 100 0 10 0
    totals b 10 0 100 0`,
    ],
  ])('%s', (_, table) => expect(problemsOf(table)).toEqual([]));
});
