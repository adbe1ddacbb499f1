import { problemsOf } from './table.fixture.js';

describe('transfer', () => {
  it.each<[name: string, table: string]>([
    [
      'raises one side of each account',
      `
    open a asset     JPY
    open b liability JPY
    transfer t1 debit a credit b 100 JPY
    transfer t2 debit b credit a 30 JPY
    totals a 100 0 30 0
    totals b 30 0 100 0`,
    ],
    [
      'names the first account that is missing, debit before credit',
      `
    open a asset JPY
    transfer t1 debit x credit y 1 JPY  => account_not_found x
    transfer t2 debit a credit y 1 JPY  => account_not_found y
    transfer t3                         => account_not_found x
      debit a 2 JPY
      credit x 1 JPY
      credit y 1 JPY
    open x asset JPY
    transfer t1 debit x credit y 1 JPY  => replayed account_not_found x
    totals a 0 0 0 0
    totals x 0 0 0 0`,
    ],
    [
      'is in one asset, or zero in each; this spends nothing',
      `
    open a asset JPY
    open b asset USD
    open c asset JPY
    open d asset USD
    transfer t1 debit a credit b 100 JPY  => asset_mismatch
    transfer t1                           => asset_mismatch
      debit  a 100 JPY
      credit b 1.00 USD
    transfer t1
      debit  a 100 JPY
      debit  b 3.00 USD
      credit c 100 JPY
      credit d 3.00 USD
    totals a 100 0 0 0
    totals b 3.00 0.00 0.00 0.00
    totals c 0 0 100 0
    totals d 0.00 0.00 3.00 0.00`,
    ],
    [
      'passes no closed account, whatever else is wrong with it',
      `
    open a asset     JPY
    open b liability JPY  min 0
    close c1 b
    update u1 b frozen all
    transfer t1 debit b credit a 1 JPY  => account_closed b
    transfer t2 debit a credit b 1 JPY  => account_closed b
    reopen r1 b
    transfer t3 debit b credit a 1 JPY  => account_frozen b
    update u2 b frozen none
    transfer t4 debit b credit a 1 JPY  => insufficient_funds b
    transfer t1 debit a credit b 9 JPY  => replayed account_closed b
    totals a 0 0 0 0
    totals b 0 0 0 0`,
    ],
    [
      'touches no frozen side, gross',
      `
    open a asset     JPY
    open b liability JPY
    transfer t1 debit a credit b 50 JPY
    update u1 b frozen debits
    transfer t2 debit b credit a 1 JPY  => account_frozen b
    transfer t3 debit a credit b 1 JPY
    transfer t4                         => account_frozen b
      debit  a 1 JPY
      debit  b 1 JPY
      credit b 2 JPY
    update u2 b frozen credits
    transfer t5 debit a credit b 1 JPY  => account_frozen b
    transfer t6 debit b credit a 1 JPY
    totals a 51 0 1 0
    totals b 1 0 51 0`,
    ],
    [
      'keeps each side of an account within 2^128-1; this spends nothing',
      `
    open a asset     JPY
    open b liability JPY
    open c liability JPY
    transfer t1 debit a credit b 340282366920938463463374607431768211455 JPY
    transfer t2 debit a credit c 1 JPY  => balance_overflow a
    transfer t3 debit c credit b 1 JPY  => balance_overflow b
    transfer t2 debit c credit a 1 JPY
    transfer t4                         => balance_overflow c
      debit  c 340282366920938463463374607431768211454 JPY
      debit  c 1 JPY
      credit a 340282366920938463463374607431768211455 JPY
    totals a 340282366920938463463374607431768211455 0 1 0
    totals b 0 0 340282366920938463463374607431768211455 0
    totals c 1 0 0 0`,
    ],
    [
      'looks at floors before ceilings, on the net effect',
      `
    open a asset     JPY
    open b liability JPY  min 0
    open c liability JPY  max 10
    transfer t1 debit b credit c 11 JPY  => insufficient_funds b
    transfer t2 debit a credit b 20 JPY
    transfer t3 debit b credit c 11 JPY  => limit_exceeded c
    transfer t4 debit b credit c 10 JPY
    transfer t5
      debit  b 15 JPY
      credit a 15 JPY
      debit  a  5 JPY
      credit b  5 JPY
    transfer t6
      debit  a  9 JPY
      credit c 12 JPY
      debit  c 12 JPY
      credit b  9 JPY
    totals a 34 0 15 0
    totals b 25 0 34 0
    totals c 12 0 22 0`,
    ],
  ])('%s', (_, table) => expect(problemsOf(table)).toEqual([]));
});
