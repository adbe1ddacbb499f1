import { problemsOf } from './table.fixture.js';

// Each line fails every check from the expected one on; then that fault alone is taken away.

const MAX = '340282366920938463463374607431768211455';
/** MAX - 20. */
const BIG = '340282366920938463463374607431768211435';

describe('the first check that fails is the answer', () => {
  it.each<[name: string, table: string]>([
    [
      'transfer',
      `
    asset GOLD 0
    open a asset     JPY
    open b liability JPY  min 0
    open c liability JPY
    open u liability GOLD
    transfer t0 debit a credit c 1 JPY
    transfer r0 debit x credit c 1 JPY                              => account_not_found x
    update u1 b frozen all
    update u2 c frozen all  max 9
    update u3 u frozen all  max 9
    close k1 b
    close k2 u
    close-period p1 2025-12-31
    transfer t0 debit x credit x 10 JPY  effective 2025-12-01T00:00:00Z  => same_account
    transfer r0 debit x credit x 10 JPY  effective 2025-12-01T00:00:00Z  => same_account
    transfer r0 debit x credit u 10 JPY  effective 2025-12-01T00:00:00Z  => replayed account_not_found x
    transfer t0 debit x credit u 10 JPY  effective 2025-12-01T00:00:00Z  => id_conflict debit
    transfer t1 debit x credit u 10 JPY  effective 2025-12-01T00:00:00Z  => account_not_found x
    transfer t2 debit b credit u 10 JPY  effective 2025-12-01T00:00:00Z  => asset_mismatch
    transfer t2 debit b credit c 10 JPY  effective 2025-12-01T00:00:00Z  => period_closed
    transfer t2 debit b credit c ${MAX} JPY                         => account_closed b
    reopen k3 b
    transfer t3 debit b credit c ${MAX} JPY                         => account_frozen b
    update u4 b frozen none
    transfer t4 debit b credit c ${MAX} JPY                         => account_frozen c
    update u5 c frozen none
    transfer t5 debit b credit c ${MAX} JPY                         => balance_overflow c
    transfer t5 debit b credit c 10 JPY                             => insufficient_funds b
    update u6 b min none
    transfer t6 debit b credit c 10 JPY                             => limit_exceeded c
    update u7 c max none
    transfer t7 debit b credit c 10 JPY
    totals a 1 0 0 0
    totals b 10 0 0 0
    totals c 0 0 11 0
    totals u 0 0 0 0`,
    ],
    [
      'hold',
      `
    asset GOLD 0
    open a asset     JPY
    open b liability JPY  min 0
    open c liability JPY
    open u liability GOLD
    transfer t0 debit a credit c 1 JPY
    update u1 b frozen all
    update u2 c frozen all  max 9
    update u3 u frozen all  max 9
    close k1 b
    close k2 u
    hold t0 debit x credit x 10 JPY  expires 2026-01-01T00:00:00Z   => same_account
    hold t0 debit x credit u 10 JPY  expires 2026-01-01T00:00:00Z   => id_conflict op
    hold h1 debit x credit u 10 JPY  expires 2026-01-01T00:00:00Z   => account_not_found x
    hold h2 debit b credit u 10 JPY  expires 2026-01-01T00:00:00Z   => asset_mismatch
    hold h2 debit b credit c ${MAX} JPY  expires 2026-01-01T00:00:00Z  => invalid_date expiresAt
    hold h2 debit b credit c ${MAX} JPY                             => account_closed b
    reopen k3 b
    hold h3 debit b credit c ${MAX} JPY                             => account_frozen b
    update u4 b frozen none
    update u5 c frozen none
    hold h4 debit b credit c ${MAX} JPY                             => balance_overflow c
    hold h4 debit b credit c 10 JPY                                 => insufficient_funds b
    update u6 b min none
    hold h5 debit b credit c 10 JPY                                 => limit_exceeded c
    update u7 c max none
    hold h6 debit b credit c 10 JPY
    totals a 1 0 0 0
    totals b 0 10 0 0
    totals c 0 0 1 10
    totals u 0 0 0 0`,
    ],
    [
      'capture',
      `
    open a asset     JPY
    open b liability JPY
    hold h0 debit a credit b 5 JPY
    hold h1 debit a credit b 5 JPY
    capture c0 hold h0
    close-period p1 2025-12-31
    update u1 a frozen all
    capture c0 hold x 0 JPY  effective 2025-12-01T00:00:00Z         => invalid_amount
    capture c0 hold x 6 JPY  effective 2025-12-01T00:00:00Z         => id_conflict hold
    capture c1 hold x 6 JPY  effective 2025-12-01T00:00:00Z         => hold_not_found hold
    capture c2 hold h0 6 JPY  effective 2025-12-01T00:00:00Z        => hold_captured hold
    capture c2 hold h1 6 JPY  effective 2025-12-01T00:00:00Z        => capture_exceeds_hold amount
    capture c2 hold h1 5 JPY  effective 2025-12-01T00:00:00Z        => period_closed
    capture c2 hold h1 5 JPY                                        => account_frozen a
    update u2 a frozen none
    capture c3 hold h1 5 JPY
    totals a 10 0 0 0
    totals b 0 0 10 0`,
    ],
    [
      'release',
      `
    open a asset     JPY
    open b liability JPY
    hold h0 debit a credit b 5 JPY
    hold h1 debit a credit b 5 JPY
    release l0 hold h0
    release l0 hold x          => id_conflict hold
    release l1 hold x          => hold_not_found hold
    release l1 hold h0         => hold_released hold
    release l1 hold h1
    totals a 0 0 0 0
    totals b 0 0 0 0`,
    ],
    [
      'reverse',
      `
    open a asset     JPY
    open b liability JPY
    open c liability JPY
    transfer m
      debit  b 3 JPY
      credit a 2 JPY
      credit c 1 JPY
    reverse r0 entry m
    transfer big  debit b credit c ${BIG} JPY
    transfer out  debit c credit a ${BIG} JPY
    close k1 c
    update u1 c frozen all  min 0
    update u2 b frozen all  max -${MAX}
    reverse r0 entry x 0 JPY                                        => invalid_amount
    reverse r0 entry x 9 JPY                                        => id_conflict entry
    reverse r1 entry x 9 JPY                                        => entry_not_found entry
    reverse r2 entry m 9 JPY                                        => reversal_not_divisible amount
    reverse r2 entry m                                              => reversal_exceeds_entry entry
    reverse r2 entry big                                            => account_closed c
    reopen k2 c
    reverse r3 entry big                                            => account_frozen c
    update u3 c frozen none
    update u4 b frozen none
    reverse r4 entry big                                            => balance_overflow c
    reverse r4 entry big 5 JPY                                      => insufficient_funds c
    update u5 c min none
    reverse r5 entry big 5 JPY                                      => limit_exceeded b
    update u6 b max none
    reverse r6 entry big 5 JPY
    totals a 2 0 340282366920938463463374607431768211437 0
    totals b 340282366920938463463374607431768211438 0 8 0
    totals c 340282366920938463463374607431768211441 0 340282366920938463463374607431768211436 0`,
    ],
    [
      'open: an asset nobody defined comes before idempotency',
      `
    open a asset JPY
    open a wallet XAU                 => invalid_account
    open a income XAU                 => invalid_asset
    open a income JPY                 => id_conflict type
    totals a 0 0 0 0`,
    ],
    [
      'update, close, close-period',
      `
    open a asset JPY  max 5
    open b asset JPY
    transfer t0 debit a credit b 1 JPY
    update u0 a
    update u0 b min 7  max 6          => invalid_amount
    update u0 b min 6                 => id_conflict account
    update u0 a min 6                 => id_conflict minBalance
    update u1 x frozen all            => account_not_found x
    update u1 a min 6                 => invalid_amount a
    update u1 a min 5
    close u0 x                        => id_conflict op
    close k1 x                        => account_not_found x
    close k1 b                        => account_not_empty b
    close-period u0 2026-02-30        => invalid_date
    close-period u0 2026-02-28        => id_conflict op
    close-period p1 2026-02-28        => invalid_date through
    totals a 1 0 0 0
    totals b 0 0 1 0`,
    ],
  ])('%s', (_, table) => expect(problemsOf(table)).toEqual([]));

  it.each<[name: string, table: string]>([
    [
      'account by account: debit before credit, or in the order of the postings',
      `
    open a asset     JPY
    open b liability JPY  min 0
    open c liability JPY  min 0
    open d liability JPY  max 0
    transfer t1 debit x credit y 1 JPY     => account_not_found x
    hold     h1 debit a credit y 1 JPY     => account_not_found y
    transfer t2                            => account_not_found y
      credit y 1 JPY
      debit  x 1 JPY
    transfer t3                            => insufficient_funds c
      debit  c 1 JPY
      debit  b 1 JPY
      credit a 2 JPY
    close k1 b
    close k2 c
    transfer t4 debit c credit b 1 JPY     => account_closed c
    transfer t5                            => account_closed b
      credit b 1 JPY
      debit  c 1 JPY
    totals a 0 0 0 0
    totals b 0 0 0 0
    totals c 0 0 0 0
    totals d 0 0 0 0`,
    ],
    [
      'code by code: an earlier reason on a later account comes first',
      `
    open a asset     JPY  min 0
    open b liability JPY  min 0  max 0
    open c liability JPY  max 0
    update u1 a frozen all
    close k1 b
    transfer t1 debit a credit b 1 JPY     => account_closed b
    hold     h1 debit a credit b 1 JPY     => account_closed b
    reopen k2 b
    update u2 a frozen none
    transfer t2                            => insufficient_funds b
      credit c 1 JPY
      debit  b 1 JPY
    transfer t3                            => balance_overflow c
      credit c 1 JPY
      debit  b 1 JPY
      debit  a ${MAX} JPY
      debit  a 1 JPY
      credit c ${MAX} JPY
      credit b 1 JPY
    totals a 0 0 0 0
    totals b 0 0 0 0
    totals c 0 0 0 0`,
    ],
  ])('inside a step %s', (_, table) => expect(problemsOf(table)).toEqual([]));
});
