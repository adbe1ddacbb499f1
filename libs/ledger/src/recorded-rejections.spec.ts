import { bookDifference, checkJournal } from './audit.js';
import { play } from './play.js';
import { recordedPairs } from './recorded-pairs.fixture.js';
import type { RejectionCode } from './rejection.js';
import { problemsOf } from './table.fixture.js';

// `a` is an asset account; `b`, `c` and `z` are liabilities: b holds 50 and lets 40 more in, z holds nothing.
const OPENED = `
open a asset     JPY
open b liability JPY  min 0  max 90
open c liability JPY
open z liability JPY  min 0
transfer in debit a credit b 50 JPY
transfer zz debit a credit z 5 JPY
transfer zo debit z credit a 5 JPY`;

const totals = (a: string, b: string, c: string, z: string) => `totals a ${a}\ntotals b ${b}\ntotals c ${c}\ntotals z ${z}`;

/**
 * What refuses an operation, the operation without its id, and what takes the reason away: then the same content is
 * applied under another id, and under the first one it is still refused.
 */
interface Refusal {
  readonly op: string;
  readonly code: RejectionCode;
  readonly setup?: string;
  readonly asked: string;
  readonly remedy: string;
  readonly after: string;
}

const recorded: readonly Refusal[] = [
  {
    op: 'transfer',
    code: 'account_not_found',
    asked: 'debit a credit x 5 JPY',
    remedy: 'open x liability JPY\ntransfer xo debit x credit a 5 JPY',
    after: `totals x 5 0 5 0\n${totals('60 0 10 0', '0 0 50 0', '0 0 0 0', '5 0 5 0')}`,
  },
  {
    op: 'transfer',
    code: 'account_closed',
    setup: 'close k c',
    asked: 'debit a credit c 5 JPY',
    remedy: 'reopen o c',
    after: totals('60 0 5 0', '0 0 50 0', '0 0 5 0', '5 0 5 0'),
  },
  {
    op: 'transfer',
    code: 'account_frozen',
    setup: 'update f b frozen debits',
    asked: 'debit b credit c 5 JPY',
    remedy: 'update g b frozen none',
    after: totals('55 0 5 0', '5 0 50 0', '0 0 5 0', '5 0 5 0'),
  },
  {
    op: 'transfer',
    code: 'insufficient_funds',
    asked: 'debit b credit c 51 JPY',
    remedy: 'transfer more debit a credit b 1 JPY',
    after: totals('56 0 5 0', '51 0 51 0', '0 0 51 0', '5 0 5 0'),
  },
  {
    op: 'transfer',
    code: 'limit_exceeded',
    asked: 'debit a credit b 41 JPY',
    remedy: 'update up b max 91',
    after: totals('96 0 5 0', '0 0 91 0', '0 0 0 0', '5 0 5 0'),
  },
  {
    op: 'hold',
    code: 'account_not_found',
    asked: 'debit x credit a 5 JPY',
    remedy: 'open x liability JPY',
    after: `totals x 0 5 0 0\n${totals('55 0 5 5', '0 0 50 0', '0 0 0 0', '5 0 5 0')}`,
  },
  {
    op: 'hold',
    code: 'account_closed',
    setup: 'close k c',
    asked: 'debit a credit c 5 JPY',
    remedy: 'reopen o c',
    after: totals('55 5 5 0', '0 0 50 0', '0 0 0 5', '5 0 5 0'),
  },
  {
    op: 'hold',
    code: 'account_frozen',
    setup: 'update f b frozen credits',
    asked: 'debit a credit b 5 JPY',
    remedy: 'update g b frozen debits',
    after: totals('55 5 5 0', '0 0 50 5', '0 0 0 0', '5 0 5 0'),
  },
  {
    op: 'hold',
    code: 'insufficient_funds',
    setup: 'hold h0 debit b credit c 50 JPY',
    asked: 'debit b credit a 1 JPY',
    remedy: 'release l0 hold h0',
    after: totals('55 0 5 1', '0 1 50 0', '0 0 0 0', '5 0 5 0'),
  },
  {
    op: 'hold',
    code: 'limit_exceeded',
    setup: 'hold h0 debit a credit b 40 JPY',
    asked: 'debit a credit b 1 JPY',
    remedy: 'capture c0 hold h0 39 JPY',
    after: totals('94 1 5 0', '0 0 89 1', '0 0 0 0', '5 0 5 0'),
  },
  {
    op: 'capture',
    code: 'hold_not_found',
    asked: 'hold h1',
    remedy: 'hold h1 debit b credit a 5 JPY',
    after: totals('55 0 10 0', '5 0 50 0', '0 0 0 0', '5 0 5 0'),
  },
  {
    op: 'capture',
    code: 'account_frozen',
    setup: 'hold h1 debit b credit a 5 JPY\nupdate f a frozen credits',
    asked: 'hold h1  final false',
    remedy: 'update g a frozen none',
    after: totals('55 0 10 0', '5 0 50 0', '0 0 0 0', '5 0 5 0'),
  },
  {
    op: 'reverse',
    code: 'entry_not_found',
    asked: 'entry t1',
    remedy: 'transfer t1 debit a credit c 5 JPY',
    after: totals('60 0 10 0', '0 0 50 0', '5 0 5 0', '5 0 5 0'),
  },
  {
    op: 'reverse',
    code: 'account_closed',
    setup: 'close k z',
    asked: 'entry zo',
    remedy: 'reopen o z',
    after: totals('60 0 5 0', '0 0 50 0', '0 0 0 0', '5 0 10 0'),
  },
  {
    op: 'reverse',
    code: 'account_frozen',
    setup: 'update f a frozen all',
    asked: 'entry in 5 JPY',
    remedy: 'update g a frozen debits',
    after: totals('55 0 10 0', '5 0 50 0', '0 0 0 0', '5 0 5 0'),
  },
  {
    op: 'reverse',
    code: 'insufficient_funds',
    asked: 'entry zz',
    remedy: 'transfer more debit a credit z 5 JPY',
    after: totals('60 0 10 0', '0 0 50 0', '0 0 0 0', '10 0 10 0'),
  },
  {
    op: 'reverse',
    code: 'limit_exceeded',
    setup: 'update down z max 4',
    asked: 'entry zo',
    remedy: 'update up z max 5',
    after: totals('60 0 5 0', '0 0 50 0', '0 0 0 0', '5 0 10 0'),
  },
];

describe('a recorded rejection', () => {
  it.each(recorded)('$op $code spends the id: it comes back whatever is sent, and never becomes a yes', (refusal) => {
    const { op, code, setup = '', asked, remedy, after } = refusal;
    const table = `${OPENED}
${setup}
${op} no ${asked} => ${code}
${op} no ${asked} => replayed ${code}
${remedy}
${op} no ${asked} => replayed ${code}
transfer no debit a credit c 1 JPY => replayed ${code}
hold     no debit a credit c 1 JPY => replayed ${code}
capture  no hold nothing           => replayed ${code}
release  no hold nothing           => replayed ${code}
reverse  no entry in 1 JPY         => replayed ${code}
update   no a frozen all           => replayed ${code}
close    no c                      => replayed ${code}
reopen   no c                      => replayed ${code}
close-period no 2025-12-31         => replayed ${code}
cancel   no                        => replayed ${code}
${op} yes ${asked}
${after}`;
    expect(problemsOf(table)).toEqual([]);
  });

  it('of every op that moves money is shown with each code that can refuse it', () => {
    expect(recorded.map(({ op, code }) => `${op} ${code}`).sort()).toEqual([...recordedPairs].sort());
  });
});

describe('any other rejection', () => {
  /** What comes before, the operation without its id, and what the same id does afterwards. */
  const unrecorded: readonly [op: string, code: RejectionCode, setup: string, asked: string, then: string][] = [
    ['transfer', 'asset_mismatch', 'open u asset USD', 'debit u credit c 1 JPY', 'transfer no debit a credit c 1 JPY'],
    [
      'transfer',
      'period_closed',
      'close-period p 2025-12-31',
      'debit a credit c 1 JPY  effective 2025-12-31T00:00:00Z',
      'transfer no debit a credit c 1 JPY',
    ],
    [
      'transfer',
      'balance_overflow',
      '',
      'debit a credit c 340282366920938463463374607431768211455 JPY',
      'transfer no debit a credit c 1 JPY',
    ],
    [
      'transfer',
      'id_conflict',
      'transfer no debit a credit c 1 JPY',
      'debit a credit c 2 JPY',
      'transfer no debit a credit c 1 JPY => replayed',
    ],
    ['hold', 'asset_mismatch', 'open u asset USD', 'debit u credit c 1 JPY', 'transfer no debit a credit c 1 JPY'],
    ['hold', 'invalid_date', '', 'debit a credit c 1 JPY  expires 2026-01-05T09:00:00Z', 'transfer no debit a credit c 1 JPY'],
    ['hold', 'balance_overflow', '', 'debit a credit c 340282366920938463463374607431768211455 JPY', 'transfer no debit a credit c 1 JPY'],
    ['capture', 'hold_captured', 'hold h1 debit a credit c 1 JPY\ncapture c1 hold h1', 'hold h1', 'cancel no => cancelled'],
    ['capture', 'hold_released', 'hold h1 debit a credit c 1 JPY\nrelease l1 hold h1', 'hold h1', 'transfer no debit a credit c 1 JPY'],
    [
      'capture',
      'hold_expired',
      'hold h1 debit a credit c 1 JPY expires 2026-01-05T10:00:00Z\nat 2026-01-05T10:00:00Z',
      'hold h1',
      'transfer no debit a credit c 1 JPY',
    ],
    ['capture', 'capture_exceeds_hold', 'hold h1 debit a credit c 1 JPY', 'hold h1 2 JPY', 'capture no hold h1'],
    [
      'capture',
      'period_closed',
      'hold h1 debit a credit c 1 JPY\nclose-period p 2025-12-31',
      'hold h1  effective 2025-12-31T00:00:00Z',
      'capture no hold h1',
    ],
    ['release', 'hold_not_found', '', 'hold h1', 'transfer no debit a credit c 1 JPY'],
    ['release', 'hold_captured', 'hold h1 debit a credit c 1 JPY\ncapture c1 hold h1', 'hold h1', 'cancel no => cancelled'],
    ['release', 'hold_released', 'hold h1 debit a credit c 1 JPY\nrelease l1 hold h1', 'hold h1', 'transfer no debit a credit c 1 JPY'],
    [
      'release',
      'hold_expired',
      'hold h1 debit a credit c 1 JPY expires 2026-01-05T10:00:00Z\nat 2026-01-05T10:00:00Z',
      'hold h1',
      'transfer no debit a credit c 1 JPY',
    ],
    [
      'reverse',
      'reversal_not_divisible',
      'transfer t1\n  debit a 2 JPY\n  credit c 1 JPY\n  credit c 1 JPY\nreverse r0 entry t1',
      'entry t1 1 JPY',
      'transfer no debit a credit c 1 JPY',
    ],
    ['reverse', 'reversal_exceeds_entry', '', 'entry in 51 JPY', 'reverse no entry in 50 JPY'],
    ['update', 'account_not_found', '', 'x frozen all', 'update no b'],
    ['update', 'invalid_amount', '', 'b min 91', 'update no b min 90'],
    ['close', 'account_not_found', '', 'x', 'close no c'],
    ['close', 'account_closed', 'close k c', 'c', 'reopen no c'],
    ['close', 'account_not_empty', '', 'b', 'close no c'],
    ['reopen', 'account_not_found', '', 'x', 'close no c'],
    ['close-period', 'invalid_date', '', '2026-01-05', 'close-period no 2026-01-04'],
    ['close-period', 'period_closed', 'close-period p 2025-12-31', '2025-12-31', 'close-period no 2026-01-01'],
  ];

  it.each(unrecorded)('%s %s changes nothing and spends nothing: the id may be used again', (op, code, setup, asked, then) => {
    const before = play(`${OPENED}\n${setup}`);
    const refused = `${OPENED}\n${setup}\n${op} no ${asked} => ${code}\n${op} no ${asked} => ${code}`;
    const after = play(refused);
    expect(after.journal).toEqual(before.journal);
    expect(bookDifference(after.book, before.book)).toBeNull();
    expect(checkJournal(play(`${refused}\n${then}`).journal)).toEqual([]);
  });
});
