import { problemsOf } from './table.fixture.js';

const MAX = '340282366920938463463374607431768211455';

describe('a transfer with a cap', () => {
  it.each<[name: string, table: string]>([
    [
      'with room under the limit and none in the totals, is refused for the totals',
      `
    open a asset     JPY  max ${MAX}
    open b liability JPY  min -${MAX}
    transfer t1 debit b credit a 1 JPY
    transfer t2 debit a credit b 1 JPY
    transfer t3 debit b credit a ${(BigInt(MAX) - 1n).toString()} JPY
    transfer t4 debit b credit a 9 JPY  cap debit      => balance_overflow
    transfer t5 debit a credit b ${(BigInt(MAX) - 1n).toString()} JPY
    totals a ${MAX} 0 ${MAX} 0
    totals b ${MAX} 0 ${MAX} 0`,
    ],
    [
      'at a floor that takes all of the totals, is refused by the floor',
      `
    open a asset     JPY
    open b liability JPY  min -${MAX}
    transfer t1 debit b credit a ${MAX} JPY
    transfer t2 debit b credit a 9 JPY  cap debit      => insufficient_funds b
    totals a 0 0 ${MAX} 0
    totals b ${MAX} 0 0 0`,
    ],
    [
      'debits a liability down to its floor',
      `
    open a asset     JPY
    open b liability JPY  min 10
    transfer t0 debit a credit b 50 JPY
    transfer t1 debit b credit a 15 JPY  cap debit     => moves 15
    transfer t2 debit b credit a 99 JPY  cap debit     => moves 25
    transfer t3 debit b credit a 99 JPY  cap debit     => insufficient_funds b
    balance b 10 JPY
    totals a 50 0 40 0
    totals b 40 0 50 0`,
    ],
    [
      'credits a liability up to its ceiling',
      `
    open a asset     JPY
    open b liability JPY  max 40
    transfer t1 debit a credit b 15 JPY  cap credit    => moves 15
    transfer t2 debit a credit b 99 JPY  cap credit    => moves 25
    transfer t3 debit a credit b 99 JPY  cap credit    => limit_exceeded b
    totals a 40 0 0 0
    totals b 0 0 40 0`,
    ],
    [
      'credits an asset down to its floor, and debits it up to its ceiling',
      `
    open a asset   JPY  min -5  max 20
    open x expense JPY
    transfer t1 debit x credit a ${MAX} JPY  cap credit  => moves 5
    transfer t2 debit a credit x 99 JPY      cap debit   => moves 25
    transfer t3 debit a credit x 1 JPY       cap debit   => limit_exceeded a
    balance a 20 JPY
    totals a 25 0 5 0
    totals x 5 0 25 0`,
    ],
    [
      'of both moves what both limits leave',
      `
    open b liability JPY  min 0
    open c liability JPY  max 30
    open a asset     JPY
    transfer t0 debit a credit b 50 JPY
    transfer t1 debit b credit c 99 JPY  cap both      => moves 30
    transfer t2 debit b credit c 99 JPY  cap both      => limit_exceeded c
    update u1 c max none
    transfer t3 debit b credit c 99 JPY  cap both      => moves 20
    transfer t4 debit b credit c 99 JPY  cap both      => insufficient_funds b
    update u2 c max 50
    transfer t5 debit b credit c 99 JPY  cap both      => insufficient_funds b
    totals a 50 0 0 0
    totals b 50 0 50 0
    totals c 0 0 50 0`,
    ],
    [
      'counts what is held against an account, and what is held towards it',
      `
    open a asset     JPY
    open b liability JPY  min 0  max 100
    transfer t0 debit a credit b 50 JPY
    hold h1 debit b credit a 30 JPY
    hold h2 debit a credit b 10 JPY
    transfer t1 debit a credit b 99 JPY  cap credit    => moves 40
    transfer t2 debit b credit a 99 JPY  cap debit     => moves 60
    totals a 90 10 60 30
    totals b 60 30 90 10`,
    ],
    [
      'an account without that limit caps nothing, nor does the account that is not named',
      `
    open a asset     JPY
    open b liability JPY  max 40
    open c liability JPY  min 0
    transfer t1 debit a credit b 99 JPY  cap debit     => limit_exceeded b
    transfer t2 debit c credit b 99 JPY  cap credit    => insufficient_funds c
    transfer t3 debit b credit a 99 JPY  cap both      => moves 99
    transfer t4 debit a credit c 99 JPY  cap both      => moves 99
    totals a 99 0 99 0
    totals b 99 0 0 0
    totals c 0 0 99 0`,
    ],
    [
      'a limit that was set past the balance leaves nothing towards it, and caps nothing away from it',
      `
    open a asset     JPY
    open b liability JPY
    transfer t0 debit a credit b 50 JPY
    update u1 b min 60
    transfer t1 debit b credit a 9 JPY   cap debit     => insufficient_funds b
    transfer t2 debit a credit b 9 JPY   cap both      => moves 9
    update u2 b min none  max 10
    transfer t3 debit a credit b 9 JPY   cap both      => limit_exceeded b
    transfer t4 debit b credit a 9 JPY   cap both      => moves 9
    totals a 59 0 9 0
    totals b 9 0 59 0`,
    ],
    [
      'is checked like others: what moves is what counts',
      `
    open a asset     JPY
    open b liability JPY  min 0
    open u asset     USD
    transfer t0 debit a credit b 50 JPY
    transfer t1 debit b credit u 99 JPY  cap debit     => asset_mismatch
    update u1 b frozen debits
    transfer t1 debit b credit a 99 JPY  cap debit     => account_frozen b
    update u2 b frozen none
    transfer t2 debit b credit a ${MAX} JPY  cap debit => moves 50
    totals a 50 0 50 0
    totals b 50 0 50 0
    totals u 0.00 0.00 0.00 0.00`,
    ],
    [
      'is the same content only literally: the cap that was asked, not what it came to',
      `
    open a asset     JPY
    open b liability JPY  min 0
    transfer t0 debit a credit b 50 JPY
    transfer t1 debit b credit a 99 JPY  cap debit     => moves 50
    transfer t1 debit b credit a 99 JPY  cap debit     => replayed moves 50
    transfer t0 debit a credit b 50 JPY                => replayed moves 50
    transfer t1 debit b credit a 50 JPY  cap debit     => id_conflict amount
    transfer t1 debit b credit a 99 JPY                => id_conflict cap
    transfer t1 debit b credit a 99 JPY  cap both      => id_conflict cap
    transfer t0 debit a credit b 50 JPY  cap debit     => id_conflict cap
    transfer t1                                        => id_conflict postings
      debit b 50 JPY
      credit a 50 JPY
    totals a 50 0 50 0
    totals b 50 0 50 0`,
    ],
    [
      'with nothing left is recorded: the id stays refused when money has come',
      `
    open a asset     JPY
    open b liability JPY  min 0
    transfer t1 debit b credit a 99 JPY  cap debit     => insufficient_funds b
    transfer t0 debit a credit b 50 JPY
    transfer t1 debit b credit a 99 JPY  cap debit     => replayed insufficient_funds b
    reverse r1 entry t1                                => entry_not_found
    transfer t2 debit b credit a 20 JPY  cap debit     => moves 20
    reverse r2 entry t2 21 JPY                         => reversal_exceeds_entry
    reverse r2 entry t2                                => moves 20
    totals a 70 0 20 0
    totals b 20 0 70 0`,
    ],
  ])('%s', (_, table) => expect(problemsOf(table)).toEqual([]));
});
