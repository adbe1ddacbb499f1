import { problemsOf } from './table.fixture.js';

const OPENED = `
    open a asset     JPY
    open b liability JPY`;

describe('close-period', () => {
  it.each<[name: string, table: string]>([
    [
      'closes days in order, once they are over; where it is refused it spends nothing',
      `${OPENED}
    at 2026-02-10T12:00:00Z
    close-period p1 2026-02-11             => invalid_date through
    close-period p1 2026-02-10             => invalid_date through
    close-period p1 2026-01-31
    close-period p2 2026-01-31             => period_closed through
    close-period p2 2026-01-30             => period_closed through
    close-period p2 2026-02-01
    close-period p3 2026-02-09
    close-period p4 2026-02-10             => invalid_date through
    at 2026-02-11T00:00:00Z
    close-period p4 2026-02-10
    close-period p1 2026-01-31             => replayed
    close-period p1 2026-02-01             => id_conflict through
    totals a 0 0 0 0
    totals b 0 0 0 0`,
    ],
    [
      'lets nothing be effective on or before that day; this spends nothing',
      `${OPENED}
    at 2026-02-10T12:00:00Z
    transfer t1 debit a credit b 1 JPY  effective 2026-01-31T23:59:59.999Z
    close-period p1 2026-01-31
    transfer t2 debit a credit b 2 JPY  effective 2026-01-31T23:59:59.999Z  => period_closed
    transfer t2 debit a credit b 2 JPY  effective 1993-01-01T00:00:00Z      => period_closed
    transfer t2 debit a credit b 2 JPY  effective 2026-02-01T00:00:00Z
    transfer t3 debit a credit b 4 JPY
    transfer t1 debit a credit b 1 JPY  effective 2026-01-31T23:59:59.999Z  => replayed
    totals a 7 0 0 0
    totals b 0 0 7 0`,
    ],
    [
      'does not look at holds, which have no effective time, but at their captures',
      `${OPENED}
    hold h1 debit a credit b 10 JPY
    at 2026-02-10T12:00:00Z
    close-period p1 2026-02-09
    hold h2 debit a credit b 20 JPY
    capture c1 hold h1 1 JPY  final false  effective 2026-02-09T12:00:00Z  => period_closed
    capture c1 hold h1 1 JPY  final false
    capture c2 hold h1                     effective 2026-02-10T00:00:00Z
    release r1 hold h2
    totals a 10 0 0 0
    totals b 0 0 10 0`,
    ],
    [
      'does not hang on accounts: they may be opened, updated and closed in any period',
      `${OPENED}
    at 2026-02-10T12:00:00Z
    close-period p1 2026-02-09
    open c income JPY
    update u1 c frozen all
    close k1 c
    reopen k2 c
    totals a 0 0 0 0
    totals b 0 0 0 0
    totals c 0 0 0 0`,
    ],
  ])('%s', (_, table) => expect(problemsOf(table)).toEqual([]));
});

describe('a backdated entry', () => {
  it.each<[name: string, table: string]>([
    [
      'may count before its accounts were opened, and up to five minutes ahead',
      `${OPENED}
    transfer t1 debit a credit b 1 JPY  effective 0001-01-01T00:00:00Z
    transfer t2 debit a credit b 2 JPY  effective 2026-01-05T09:05:00Z
    transfer t3 debit a credit b 4 JPY  effective 2026-01-05T09:05:00.001Z  => invalid_date
    totals a 3 0 0 0
    totals b 0 0 3 0`,
    ],
    [
      'is checked against the present balance, whatever it was then',
      `${OPENED}
    update u1 b min 0
    transfer t1 debit b credit a 5 JPY  effective 2026-01-04T00:00:00Z      => insufficient_funds b
    transfer t2 debit a credit b 5 JPY
    transfer t3 debit b credit a 5 JPY  effective 2026-01-04T00:00:00Z
    totals a 5 0 5 0
    totals b 5 0 5 0`,
    ],
    [
      'may count tomorrow, if that is near; the day can be closed once it is over',
      `${OPENED}
    at 2026-01-05T23:58:00Z
    transfer t1 debit a credit b 5 JPY  effective 2026-01-06T00:02:00Z
    close-period p1 2026-01-05                                              => invalid_date
    at 2026-01-06T00:00:00Z
    close-period p1 2026-01-05
    at 2026-01-07T00:00:00Z
    close-period p2 2026-01-06
    reverse r1 entry t1
    totals a 5 0 5 0
    totals b 5 0 5 0`,
    ],
  ])('%s', (_, table) => expect(problemsOf(table)).toEqual([]));
});
