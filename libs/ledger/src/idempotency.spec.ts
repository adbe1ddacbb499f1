import type { Command } from './command.js';
import { decide } from './decide.js';
import { play } from './play.js';
import { problemsOf } from './table.fixture.js';
import { noTexts } from './texts.js';

describe('the same id with other content names the first field that differs, in the order of the body', () => {
  it.each<[name: string, table: string]>([
    [
      'transfer',
      `
    open a asset     JPY
    open b liability JPY
    transfer t1 debit a credit b 5 JPY  effective 2026-01-01T00:00:00Z  reference r  metadata.k v
    transfer t1 debit a credit b 5 JPY  effective 2026-01-01T00:00:00.000Z  reference r  metadata.k v  => replayed
    transfer t1 debit b credit a 6 JPY                                                                 => id_conflict debit
    transfer t1 debit a credit c 6 JPY                                                                 => id_conflict credit
    transfer t1 debit a credit b 6 JPY                                                                 => id_conflict amount
    transfer t1 debit a credit b 5 JPY                                                                 => id_conflict effectiveAt
    transfer t1 debit a credit b 5 JPY  effective 2026-01-01T00:00:00Z                                 => id_conflict reference
    transfer t1 debit a credit b 5 JPY  effective 2026-01-01T00:00:00Z  reference r                    => id_conflict metadata
    transfer t1 debit a credit b 5 JPY  effective 2026-01-01T00:00:00Z  reference r  metadata.j v      => id_conflict metadata
    transfer t2
      debit  a 5 JPY
      credit b 5 JPY
    transfer t2                                                                                        => replayed
      debit  a 5 JPY
      credit b 5 JPY
    transfer t2                                                                                        => id_conflict postings
      credit b 5 JPY
      debit  a 5 JPY
    transfer t2                                                                                        => id_conflict postings
      credit a 5 JPY
      debit  b 5 JPY
    transfer t2                                                                                        => id_conflict postings
      debit  a 5 JPY
      credit b 5 JPY
      debit  a 1 JPY
      credit b 1 JPY
    transfer t2 debit a credit b 5 JPY                                                                 => id_conflict debit
    transfer t3
      debit  a 5 JPY
      credit b 5 JPY
      debit  a 1 JPY
      credit b 1 JPY
    transfer t3                                                                                        => id_conflict postings
      debit  a 5 JPY
      credit b 5 JPY
    totals a 16 0 0 0
    totals b 0 0 16 0`,
    ],
    [
      'hold',
      `
    open a asset     JPY
    open b liability JPY
    hold h1 debit a credit b 5 JPY  expires 2026-02-01T00:00:00Z  reference r  metadata.k v
    hold h1 debit a credit b 5 JPY  expires 2026-02-01T00:00:00.000Z  reference r  metadata.k v  => replayed
    hold h1 debit b credit a 6 JPY                                                               => id_conflict debit
    hold h1 debit a credit c 6 JPY                                                               => id_conflict credit
    hold h1 debit a credit b 6 JPY                                                               => id_conflict amount
    hold h1 debit a credit b 5 JPY                                                               => id_conflict expiresAt
    hold h1 debit a credit b 5 JPY  expires 2026-02-01T00:00:00.001Z  reference r  metadata.k v  => id_conflict expiresAt
    hold h1 debit a credit b 5 JPY  expires 2026-02-01T00:00:00Z                                 => id_conflict reference
    hold h1 debit a credit b 5 JPY  expires 2026-02-01T00:00:00Z  reference r                    => id_conflict metadata
    transfer h1 debit a credit b 5 JPY                                                           => id_conflict op
    totals a 0 5 0 0
    totals b 0 0 0 5`,
    ],
    [
      'capture: all that remains and the equal amount differ, an absent final is true, and inherited words were not given',
      `
    open a asset     JPY
    open b liability JPY
    hold h1 debit a credit b 5 JPY  reference r  metadata.k v
    hold h2 debit a credit b 5 JPY
    capture c1 hold h1
    capture c1 hold h1                                                             => replayed
    capture c1 hold h1  final true                                                 => replayed
    capture c1 hold h2 5 JPY                                                       => id_conflict hold
    capture c1 hold h1 5 JPY  final false                                          => id_conflict amount
    capture c1 hold h1  final false  reference r                                   => id_conflict final
    capture c1 hold h1  effective 2026-01-01T00:00:00Z  reference r                => id_conflict effectiveAt
    capture c1 hold h1  reference r  metadata.k v                                  => id_conflict reference
    capture c1 hold h1  metadata.k v                                               => id_conflict metadata
    capture c2 hold h2 5 JPY  final false  effective 2026-01-01T00:00:00Z  reference r
    capture c2 hold h2 5 JPY  final false  effective 2026-01-01T00:00:00Z  reference r  => replayed
    capture c2 hold h2  final false  effective 2026-01-01T00:00:00Z  reference r   => id_conflict amount
    capture c2 hold h2 5 JPY  effective 2026-01-01T00:00:00Z  reference r          => id_conflict final
    capture c2 hold h2 5 JPY  final false  reference r                             => id_conflict effectiveAt
    release c2 hold h2                                                             => id_conflict op
    totals a 10 0 0 0
    totals b 0 0 10 0`,
    ],
    [
      'release',
      `
    open a asset     JPY
    open b liability JPY
    hold h1 debit a credit b 5 JPY
    hold h2 debit a credit b 5 JPY
    release r1 hold h1
    release r1 hold h1                           => replayed
    release r1 hold h2                           => id_conflict hold
    release r1 hold x                            => id_conflict hold
    capture r1 hold h1                           => id_conflict op
    totals a 0 5 0 0
    totals b 0 0 0 5`,
    ],
    [
      'reverse: the whole and the equal amount differ',
      `
    open a asset     JPY
    open b liability JPY
    transfer t1 debit a credit b 5 JPY
    transfer t2 debit a credit b 5 JPY
    reverse r1 entry t1
    reverse r1 entry t1                          => replayed
    reverse r1 entry t2 5 JPY                    => id_conflict entry
    reverse r1 entry t1 5 JPY  reference r       => id_conflict amount
    reverse r1 entry t1  reference r             => id_conflict reference
    reverse r1 entry t1  metadata.k v            => id_conflict metadata
    reverse r2 entry t2 5 JPY  reference r  metadata.k v
    reverse r2 entry t2 5 JPY  reference r  metadata.k v  => replayed
    reverse r2 entry t2  reference r  metadata.k v        => id_conflict amount
    transfer r2 debit a credit b 5 JPY           => id_conflict op
    totals a 10 0 10 0
    totals b 10 0 10 0`,
    ],
    [
      'close-period',
      `
    open a asset JPY
    close-period p1 2025-12-31
    close-period p1 2025-12-31                   => replayed
    close-period p1 2025-12-30                   => id_conflict through
    close-period p1 2027-12-31                   => id_conflict through
    close p1 a                                   => id_conflict op
    totals a 0 0 0 0`,
    ],
    [
      'accounts: update, close, reopen, and open, whose ids are a space of their own',
      `
    open a asset JPY  min 0
    open b asset JPY
    update u1 a max 9
    update u1 a max 9                            => replayed
    update u1 b                                  => id_conflict account
    update u1 a min 0  max 9  frozen all         => id_conflict minBalance
    update u1 a                                  => id_conflict maxBalance
    update u1 a max none                         => id_conflict maxBalance
    update u1 a max 9  frozen none               => id_conflict frozen
    update u1 a max 9  metadata.k v              => id_conflict metadata
    close k1 a
    close k1 b                                   => id_conflict account
    reopen k1 a                                  => id_conflict op
    reopen k2 a
    reopen k2 a                                  => replayed
    reopen k2 b                                  => id_conflict account
    open a asset JPY                             => id_conflict minBalance
    open a asset JPY  min 0                      => replayed
    totals a 0 0 0 0
    totals b 0 0 0 0`,
    ],
  ])('%s', (_, table) => expect(problemsOf(table)).toEqual([]));
});

describe('the same id with the same content is answered as the first time', () => {
  it.each<[name: string, table: string]>([
    [
      'whatever has happened to the accounts since',
      `
    open a asset     JPY
    open b liability JPY  min 0
    transfer t1 debit a credit b 9 JPY
    transfer t2 debit b credit a 4 JPY  effective 2026-01-01T00:00:00Z
    reverse  r1 entry t2 1 JPY
    hold     h1 debit b credit a 5 JPY  expires 2026-01-05T10:00:00Z
    capture  c1 hold h1 1 JPY  final false
    hold     h2 debit b credit a 1 JPY  expires 2026-01-05T10:00:00Z
    release  l1 hold h2
    update   u1 b frozen all  min none
    at 2026-01-06T09:00:00Z
    close-period p1 2026-01-05
    update   u2 b frozen none
    transfer t3 debit b credit a 5 JPY
    close    k1 b
    close    k2 a
    update   u3 b min 100
    update   u4 a frozen all
    transfer t1 debit a credit b 9 JPY                                   => replayed
    transfer t2 debit b credit a 4 JPY  effective 2026-01-01T00:00:00Z   => replayed
    reverse  r1 entry t2 1 JPY                                           => replayed
    hold     h1 debit b credit a 5 JPY  expires 2026-01-05T10:00:00Z     => replayed
    capture  c1 hold h1 1 JPY  final false                               => replayed
    release  l1 hold h2                                                  => replayed
    update   u1 b frozen all  min none                                   => replayed
    close-period p1 2026-01-05                                           => replayed
    transfer t3 debit b credit a 5 JPY                                   => replayed
    close    k1 b                                                        => replayed
    remaining h1 0 expired
    totals a 10 0 10 0
    totals b 10 0 10 0`,
    ],
    [
      'also to whoever would cancel it',
      `
    open a asset     JPY
    open b liability JPY
    hold     h1 debit a credit b 5 JPY
    capture  c1 hold h1 1 JPY  final false
    release  l1 hold h1
    reverse  r1 entry c1
    close-period p1 2025-12-31
    cancel   h1   => replayed
    cancel   c1   => replayed
    cancel   l1   => replayed
    cancel   r1   => replayed
    cancel   p1   => replayed
    cancel   x1   => cancelled
    hold     x1 debit a credit b 5 JPY   => replayed cancelled
    capture  x1 hold h1                  => replayed cancelled
    release  x1 hold h1                  => replayed cancelled
    reverse  x1 entry c1                 => replayed cancelled
    close-period x1 2026-01-01           => replayed cancelled
    totals a 1 0 1 0
    totals b 1 0 1 0`,
    ],
  ])('%s', (_, table) => expect(problemsOf(table)).toEqual([]));
});

describe('cancel', () => {
  it.each<[name: string, table: string]>([
    [
      'spends an id for ever, or tells what was done under it',
      `
    open a asset     JPY
    open b liability JPY
    cancel x1                            => cancelled
    cancel x1                            => replayed cancelled
    transfer x1 debit a credit b 5 JPY   => replayed cancelled
    close x1 a                           => replayed cancelled
    transfer t1 debit a credit b 5 JPY
    cancel t1                            => replayed
    update u1 a
    cancel u1                            => replayed
    transfer t2 debit a credit x 5 JPY   => account_not_found x
    cancel t2                            => replayed account_not_found x
    totals a 5 0 0 0
    totals b 0 0 5 0`,
    ],
  ])('%s', (_, table) => expect(problemsOf(table)).toEqual([]));
});

describe('erased texts', () => {
  const NOW = Date.UTC(2026, 1, 10, 12);
  const transfer = (id: string, fields: object = {}): Command =>
    ({ op: 'transfer', id, debit: 'a', credit: 'b', amount: 5n, effectiveAt: null, texts: noTexts, ...fields }) as Command;

  it('are not compared', () => {
    const facts = play('open a asset JPY\nopen b liability JPY').book;
    const texts = { reference: 'r', metadata: { k: 'v' } };
    const [event] = decide(facts, transfer('t1', { texts }), NOW).events;
    facts.apply(event!);
    expect(decide(facts, transfer('t1', { texts }), NOW).answer).toMatchObject({ status: 'applied', replayed: true });
    expect(decide(facts, transfer('t1'), NOW).answer).toMatchObject({ rejection: { code: 'id_conflict', field: 'reference' } });
    const erased = { ...facts.command('t1')!, texts: null };
    facts.commands.set('t1', { ...erased, command: { ...erased.command, texts: noTexts } } as typeof erased);
    expect(decide(facts, transfer('t1', { texts }), NOW).answer).toMatchObject({ status: 'applied', replayed: true });
    expect(decide(facts, transfer('t1', { amount: 6n }), NOW).answer).toMatchObject({
      rejection: { code: 'id_conflict', field: 'amount' },
    });
  });
});
