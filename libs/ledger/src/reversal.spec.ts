import { play } from './play.js';
import { problemsOf } from './table.fixture.js';

const OPENED = `
    open a asset     JPY
    open b liability JPY
    open c income    JPY
    transfer t1 debit a credit b 100 JPY`;

describe('reverse', () => {
  it.each<[name: string, table: string]>([
    [
      'posts the opposite of the whole, once',
      `${OPENED}
    reverse r1 entry t1                      => moves 100
    totals a 100 0 100 0
    totals b 100 0 100 0
    reverse r2 entry t1                      => reversal_exceeds_entry entry
    reverse r2 entry t1 1 JPY                => reversal_exceeds_entry amount
    transfer r2 debit a credit b 1 JPY
    totals a 101 0 100 0
    totals b 100 0 101 0
    totals c 0 0 0 0`,
    ],
    [
      'in parts comes to the whole and no more; after a part the whole is too much',
      `${OPENED}
    reverse r1 entry t1 30 JPY
    reverse r2 entry t1                      => reversal_exceeds_entry entry
    reverse r2 entry t1 71 JPY               => reversal_exceeds_entry amount
    reverse r2 entry t1 69 JPY
    reverse r3 entry t1 1 JPY
    reverse r4 entry t1 1 JPY                => reversal_exceeds_entry amount
    totals a 100 0 100 0
    totals b 100 0 100 0
    totals c 0 0 0 0`,
    ],
    [
      'of a reversal: it gives nothing back for reversing again, and ends as every entry does',
      `${OPENED}
    reverse r1 entry t1
    reverse r2 entry r1 40 JPY
    reverse r3 entry t1 1 JPY                => reversal_exceeds_entry amount
    reverse r3 entry r1                      => reversal_exceeds_entry entry
    reverse r3 entry r1 60 JPY
    reverse r4 entry r1 1 JPY                => reversal_exceeds_entry amount
    reverse r4 entry r3
    totals a 200 0 160 0
    totals b 160 0 200 0
    totals c 0 0 0 0`,
    ],
    [
      'of a capture: what was posted goes back, and the hold stays ended',
      `${OPENED}
    hold h1 debit b credit c 40 JPY
    capture c1 hold h1 15 JPY  final false
    capture c2 hold h1 10 JPY
    reverse r1 entry c1
    reverse r2 entry c2 4 JPY
    remaining h1 0 captured
    capture c3 hold h1                       => hold_captured hold
    totals a 100 0 0 0
    totals b 25 0 119 0
    totals c 19 0 25 0`,
    ],
    [
      'of a capture leaves an open hold as it is',
      `${OPENED}
    hold h1 debit b credit c 40 JPY
    capture c1 hold h1 15 JPY  final false
    reverse r1 entry c1
    remaining h1 25 placed
    totals a 100 0 0 0
    totals b 15 25 115 0
    totals c 15 0 15 25`,
    ],
    [
      'of an entry of more than two postings is of the whole',
      `${OPENED}
    transfer t2
      debit  b 50 JPY
      credit c 45 JPY
      credit a  5 JPY
    reverse r1 entry t2 50 JPY               => reversal_not_divisible amount
    reverse r1 entry t2
    reverse r2 entry t2 1 JPY                => reversal_not_divisible amount
    reverse r2 entry t2                      => reversal_exceeds_entry entry
    totals a 105 0 5 0
    totals b 50 0 150 0
    totals c 45 0 45 0`,
    ],
    [
      'of an entry in several assets, or with an account twice',
      `${OPENED}
    open u asset  USD
    open v income USD
    transfer t2
      debit  a 10 JPY
      debit  u 3.00 USD
      credit c 10 JPY
      credit v 3.00 USD
    reverse r1 entry t2
    transfer t3
      debit  b 10 JPY
      credit b 4 JPY
      credit c 6 JPY
    reverse r2 entry t3
    totals a 110 0 10 0
    totals b 14 0 114 0
    totals c 16 0 16 0
    totals u 3.00 0.00 3.00 0.00
    totals v 3.00 0.00 3.00 0.00`,
    ],
    [
      'in the postings form of two legs may be of a part',
      `${OPENED}
    transfer t2
      credit c 20 JPY
      debit  b 20 JPY
    reverse r1 entry t2 5 JPY
    totals a 100 0 0 0
    totals b 20 0 105 0
    totals c 5 0 20 0`,
    ],
    [
      'of what is no entry of this ledger is recorded',
      `${OPENED}
    hold h1 debit b credit c 40 JPY
    release l1 hold h1
    update u1 a
    transfer t9 debit a credit x 1 JPY       => account_not_found x
    reverse r1 entry x                       => entry_not_found entry
    reverse r2 entry a                       => entry_not_found entry
    reverse r3 entry h1                      => entry_not_found entry
    reverse r4 entry l1                      => entry_not_found entry
    reverse r5 entry u1                      => entry_not_found entry
    reverse r6 entry t9                      => entry_not_found entry
    reverse r7 entry r7                      => entry_not_found entry
    transfer x debit a credit b 1 JPY
    reverse r1 entry x                       => replayed entry_not_found entry
    reverse r8 entry x
    totals a 101 0 1 0
    totals b 1 0 101 0
    totals c 0 0 0 0`,
    ],
    [
      'is a movement like others: accounts and limits are looked at as they are now',
      `${OPENED}
    update u1 b frozen debits
    reverse r1 entry t1                      => account_frozen b
    update u2 b frozen credits
    reverse r2 entry t1 1 JPY
    update u3 b frozen none  min 0
    transfer t2 debit b credit c 60 JPY
    reverse r3 entry t1 40 JPY               => insufficient_funds b
    reverse r4 entry t1 39 JPY
    close k1 b
    reverse r5 entry t2                      => account_closed b
    reopen k2 b
    update u4 b max 59
    reverse r6 entry t2                      => limit_exceeded b
    reverse r7 entry t2 59 JPY
    totals a 100 0 40 0
    totals b 100 0 159 0
    totals c 59 0 60 0`,
    ],
    [
      'is effective now: an entry of a closed period can be taken back',
      `
    open a asset     JPY
    open b liability JPY
    transfer t1 debit a credit b 100 JPY  effective 2025-11-30T12:00:00Z
    close-period p1 2025-12-31
    reverse r1 entry t1
    totals a 100 0 100 0
    totals b 100 0 100 0`,
    ],
  ])('%s', (_, table) => expect(problemsOf(table)).toEqual([]));

  it('writes debits before credits, otherwise in the order of its entry, and how much has been reversed', () => {
    const { journal } = play(`${OPENED}
    transfer t2  effective 2025-06-01T00:00:00Z
      debit  b 7 JPY
      credit a 4 JPY
      credit c 3 JPY
    reverse r1 entry t2
    reverse r2 entry t1 30 JPY  reference "Too much"
    reverse r3 entry t1 20 JPY`);
    const recordedAt = journal.at(-1)!.recordedAt;
    expect(journal.slice(-3)).toMatchObject([
      {
        effectiveAt: recordedAt,
        reversed: 7n,
        postings: [
          { account: 'a', side: 'debit', amount: 4n },
          { account: 'c', side: 'debit', amount: 3n },
          { account: 'b', side: 'credit', amount: 7n },
        ],
      },
      { reversed: 30n, texts: { reference: 'Too much' }, postings: [{ account: 'b', side: 'debit' }, { account: 'a' }] },
      { reversed: 50n, texts: { reference: null } },
    ]);
  });

  it('leaves its name in the entry it takes back', () => {
    const { book } = play(`${OPENED}
    reverse r1 entry t1 30 JPY
    reverse r2 entry t1 20 JPY
    reverse r3 entry r1`);
    expect(book.entry('t1')).toMatchObject({ reversed: 50n, reversedBy: ['r1', 'r2'], position: 7 });
    expect(book.entry('r1')).toMatchObject({ reversed: 30n, reversedBy: ['r3'], position: 8 });
    expect(book.entry('r2')).toMatchObject({ reversed: 0n, reversedBy: [], position: 7 });
  });
});
