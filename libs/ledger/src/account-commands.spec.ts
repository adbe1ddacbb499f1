import { problemsOf } from './table.fixture.js';

describe('open', () => {
  it.each<[name: string, table: string]>([
    [
      'every type, with and without limits',
      `
    open a asset     JPY
    open l liability JPY  min 0
    open e equity    JPY  max 0
    open i income    JPY  min -5  max 5
    open x expense   JPY  min 5   max 5
    totals a 0 0 0 0
    totals l 0 0 0 0
    totals e 0 0 0 0
    totals i 0 0 0 0
    totals x 0 0 0 0`,
    ],
    [
      'again: the same content is answered as before, other content names the first field that differs',
      `
    open a asset     JPY  min 0  max 9  metadata.k v
    open a asset     JPY  min 0  max 9  metadata.k v  => replayed
    open a liability JPY  min 0  max 9  metadata.k v  => id_conflict type
    open a asset     USD  min 0  max 9  metadata.k v  => id_conflict asset
    open a asset     JPY         max 9  metadata.k v  => id_conflict minBalance
    open a asset     JPY  min 0  max 8  metadata.k v  => id_conflict maxBalance
    open a asset     JPY  min 0  max 9  metadata.k w  => id_conflict metadata
    open a asset     JPY  min 0  max 9                => id_conflict metadata
    open a liability USD  min 1  max 8                => id_conflict type
    update u a  min none  frozen all
    close c a
    open a asset     JPY  min 0  max 9  metadata.k v  => replayed
    totals a 0 0 0 0`,
    ],
    [
      'an asset nobody defined comes before all else',
      `
    open a asset JPY
    open b asset XAU  => invalid_asset
    open a asset XAU  => invalid_asset
    totals a 0 0 0 0`,
    ],
    [
      'account ids and command ids are spaces of their own',
      `
    open a asset     JPY
    open b liability JPY
    transfer a debit a credit b 5 JPY
    open t asset     JPY
    transfer t debit a credit b 5 JPY
    totals a 10 0 0 0
    totals b 0 0 10 0
    totals t 0 0 0 0`,
    ],
  ])('%s', (_, table) => expect(problemsOf(table)).toEqual([]));
});

describe('update, close, reopen', () => {
  it.each<[name: string, table: string]>([
    [
      'need the account, and spend nothing where they are refused',
      `
    open a asset     JPY
    open b liability JPY
    update t1 x frozen all               => account_not_found x
    close  t1 x                          => account_not_found x
    reopen t1 x                          => account_not_found x
    transfer t1 debit a credit b 5 JPY
    close  t2 a                          => account_not_empty a
    transfer t2 debit b credit a 5 JPY
    close  t3 a
    close  t3 a                          => replayed
    close  t3 b                          => id_conflict account
    close  t4 a                          => account_closed a
    update t5 a frozen all  metadata.k v
    update t5 a frozen all  metadata.k v => replayed
    update t5 a frozen all               => id_conflict metadata
    update t5 a metadata.k v             => id_conflict frozen
    update t5 a min none  frozen all  metadata.k v  => id_conflict minBalance
    update t5 b                          => id_conflict account
    reopen t4 a
    reopen t4 a                          => replayed
    reopen t6 a
    update t4 a                          => id_conflict op
    totals a 5 0 5 0
    totals b 5 0 5 0`,
    ],
    [
      'limits that would cross are refused, given at once or one by one',
      `
    open a asset JPY  min 0  max 10
    update u1 a min 11         => invalid_amount
    update u1 a max -1         => invalid_amount
    update u1 a min 11 max 10  => invalid_amount
    update u1 a min 10
    update u2 a min 11 max 12
    update u3 a max none
    totals a 0 0 0 0`,
    ],
  ])('%s', (_, table) => expect(problemsOf(table)).toEqual([]));
});
