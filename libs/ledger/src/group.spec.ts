import type { Group } from './command.js';
import { decideGroup, groupTooLarge } from './group.js';
import { play } from './play.js';
import { readOperation } from './shape.js';
import { problemsOf } from './table.fixture.js';

const NOW = Date.UTC(2026, 1, 10, 12);

/** Position 4 is the last. */
const opened = () => play('open a asset JPY\nopen b liability JPY min 0\ntransfer t0 debit a credit b 10 JPY').book;

const transfer = (id: string, debit: string, credit: string, amount: string) => ({ op: 'transfer', id, debit, credit, amount });

function group(...operations: unknown[]): Group {
  const read = readOperation({ op: 'group', operations }, NOW);
  if (!('command' in read) || read.command.op !== 'group') throw new Error('It is badly shaped.');
  return read.command;
}

it('a group that is done: every event names the first and last position of the whole', () => {
  const asked = group(
    transfer('t1', 'b', 'a', '10'),
    transfer('t0', 'a', 'b', '10'),
    { op: 'open', id: 'c', type: 'income', asset: 'JPY' },
    transfer('t1', 'b', 'a', '10'),
    transfer('t2', 'a', 'c', '1'),
  );
  const { events, answer } = decideGroup(opened(), asked, NOW);
  const span = { first: 5, last: 7 };
  expect(events).toMatchObject([
    { position: 5, recordedAt: NOW, group: span, command: { id: 't1' } },
    { position: 6, recordedAt: NOW, group: span, account: { id: 'c', openedPosition: 6 } },
    { position: 7, recordedAt: NOW, group: span, command: { id: 't2' } },
  ]);
  expect(answer).toMatchObject({ status: 'applied', rejection: null });
  expect(answer.answers.map(({ replayed, event }) => [replayed, event?.position])).toEqual([
    [false, 5],
    [true, 4],
    [false, 6],
    [true, 5],
    [false, 7],
  ]);
  expect(answer.answers[3]!.event).toBe(events[0]);
});

it('a group that fails: the culprit alone is recorded, at the next position, and marked', () => {
  const facts = opened();
  const asked = group(transfer('t1', 'b', 'a', '6'), transfer('t2', 'b', 'a', '6'), transfer('t3', 'a', 'b', '1'));
  const { events, answer } = decideGroup(facts, asked, NOW);
  expect(events).toMatchObject([
    {
      type: 'TransferRejected',
      position: 5,
      group: null,
      inGroup: true,
      command: { id: 't2' },
      rejection: { code: 'insufficient_funds', account: 'b' },
    },
  ]);
  expect(answer).toMatchObject({
    status: 'rejected',
    rejection: { code: 'group_failed', field: 'operations/1' },
    answers: [
      { replayed: false, rejection: { code: 'group_failed' }, event: null },
      { replayed: false, rejection: { code: 'insufficient_funds' } },
      { replayed: false, rejection: { code: 'group_failed' }, event: null },
    ],
  });
  expect(answer.answers[1]!.event).toBe(events[0]);
  expect([facts.ledger.position, facts.commands.has('t1')]).toEqual([4, false]);
});

it.each<[string, unknown, string]>([
  ['a conflict', transfer('t0', 'a', 'b', '11'), 'id_conflict'],
  ['an account that is not empty', { op: 'close', id: 'c1', account: 'a' }, 'account_not_empty'],
  ['an asset nobody defined', { op: 'open', id: 'c', type: 'asset', asset: 'XAU' }, 'invalid_asset'],
])('a group that fails for %s leaves no event', (_, culprit, code) => {
  const { events, answer } = decideGroup(opened(), group(transfer('t1', 'a', 'b', '1'), culprit), NOW);
  expect(events).toEqual([]);
  expect(answer.answers.map((one) => one.status === 'rejected' && one.rejection.code)).toEqual(['group_failed', code]);
});

it('a cancellation in a group spends its id and breaks the group', () => {
  const facts = opened();
  const asked = group(transfer('t1', 'a', 'b', '1'), { op: 'cancel', id: 'x1' });
  const first = decideGroup(facts, asked, NOW);
  expect(first.events).toMatchObject([{ type: 'TransferRejected', command: { op: 'cancel', id: 'x1' }, inGroup: true }]);
  facts.apply(first.events[0]!);
  const again = decideGroup(facts, asked, NOW);
  expect(again.events).toEqual([]);
  expect(again.answer.answers[1]).toMatchObject({ replayed: true, rejection: { code: 'cancelled' }, event: { position: 5 } });
});

it('a group sent again after success is answered as then, member by member', () => {
  const facts = opened();
  const asked = group(transfer('t1', 'b', 'a', '10'), transfer('t2', 'a', 'b', '3'));
  const first = decideGroup(facts, asked, NOW);
  for (const event of first.events) facts.apply(event);
  const again = decideGroup(facts, asked, NOW + 1);
  expect(again.events).toEqual([]);
  expect(again.answer.status).toBe('applied');
  expect(again.answer.answers).toEqual(first.events.map((event) => ({ status: 'applied', replayed: true, event })));
});

it('a group too large as it is stored is refused by whoever encodes it', () => {
  expect(groupTooLarge(group(transfer('t1', 'a', 'b', '1')), 800_000)).toMatchObject({
    status: 'rejected',
    rejection: { code: 'group_too_large', detail: expect.stringContaining('800000 bytes') as string },
    answers: [{ status: 'rejected', replayed: false, rejection: { code: 'group_failed' }, event: null }],
  });
});

const OPENED = `
    open a asset     JPY
    open b liability JPY  min 0
    open c liability JPY
    transfer in debit a credit b 100 JPY`;

describe('a group of all ops', () => {
  it.each<[name: string, table: string]>([
    [
      'each member sees the ones before it',
      `${OPENED}
    group
      open d liability JPY  min 0
      hold h1 debit b credit d 60 JPY
      capture c1 hold h1 20 JPY  final false
      transfer t1 debit d credit c 20 JPY
      capture c2 hold h1 10 JPY
      hold h2 debit b credit c 5 JPY
      release l1 hold h2
      reverse r1 entry c2 4 JPY
      reverse r2 entry r1
      update u1 d min none  frozen credits
      transfer t2 debit d credit c 99 JPY  cap both          => moves 99
      transfer t3 debit b credit a 999 JPY  cap debit        => moves 70
      close k1 b
      reopen k2 b
      close-period p1 2026-01-04
      transfer t4 debit c credit a 1 JPY  effective 2026-01-05T00:00:00Z
    remaining h1 0 captured
    remaining h2 0 released
    totals a 100 0 71 0
    totals b 104 0 104 0
    totals c 1 0 119 0
    totals d 123 0 34 0`,
    ],
    [
      'sent again it is answered member by member, though nothing of it would be possible now',
      `${OPENED}
    group
      hold h1 debit b credit c 60 JPY
      capture c1 hold h1
      reverse r1 entry c1
      close-period p1 2026-01-04
      close k1 c
    group
      hold h1 debit b credit c 60 JPY                        => replayed
      capture c1 hold h1                                     => replayed
      reverse r1 entry c1                                    => replayed
      close-period p1 2026-01-04                             => replayed
      close k1 c                                             => replayed
    group
      capture c1 hold h1                                     => replayed
      reopen k2 c
    totals a 100 0 0 0
    totals b 60 0 160 0
    totals c 60 0 60 0`,
    ],
    [
      'that fails after a capture leaves the hold as it was, and the ids of the innocent free',
      `${OPENED}
    hold h1 debit b credit c 60 JPY
    group                                                    => group_failed
      capture c1 hold h1 20 JPY
      hold h2 debit b credit c 40 JPY
      close-period p1 2026-01-04
      update u1 c max 0
      transfer t1 debit b credit a 81 JPY                    => insufficient_funds b
    remaining h1 60 placed
    totals a 100 0 0 0
    totals b 0 60 100 0
    totals c 0 0 0 60
    transfer t1 debit b credit a 1 JPY                       => replayed insufficient_funds b
    transfer t2 debit b credit c 1 JPY  effective 2026-01-01T00:00:00Z
    capture c1 hold h1 60 JPY
    transfer h2 debit b credit a 5 JPY
    transfer p1 debit b credit a 5 JPY
    transfer u1 debit b credit a 5 JPY
    totals a 100 0 15 0
    totals b 76 0 100 0
    totals c 0 0 61 0`,
    ],
    [
      'whose culprit is not recorded spends nothing at all',
      `${OPENED}
    hold h1 debit b credit c 60 JPY
    group                                                    => group_failed
      capture c1 hold h1 20 JPY
      capture c2 hold h1                                     => hold_captured hold
    group                                                    => group_failed
      capture c1 hold h1 20 JPY  final false
      capture c2 hold h1 41 JPY                              => capture_exceeds_hold
    group                                                    => group_failed
      release c1 hold h1
      release c2 hold h1                                     => hold_released
    group                                                    => group_failed
      reverse c2 entry in 40 JPY
      reverse c3 entry in                                    => reversal_exceeds_entry
    group                                                    => group_failed
      close-period c2 2026-01-04
      transfer c3 debit a credit b 1 JPY  effective 2026-01-04T00:00:00Z  => period_closed
    group
      capture c2 hold h1 20 JPY  final false
      capture c1 hold h1 20 JPY  final false
      capture c3 hold h1
    remaining h1 0 captured
    totals a 100 0 0 0
    totals b 60 0 100 0
    totals c 0 0 60 0`,
    ],
    [
      'a recorded culprit of any op spends its id, though only its siblings made it fail',
      `${OPENED}
    hold h1 debit b credit c 10 JPY
    group                                                    => group_failed
      update u1 b frozen debits
      capture c1 hold h1                                     => account_frozen b
    group                                                    => group_failed
      hold h2 debit b credit c 90 JPY
      hold h3 debit b credit c 1 JPY                         => insufficient_funds b
    group                                                    => group_failed
      update u1 b max 100
      transfer t1 debit b credit a 5 JPY
      reverse r1 entry t1
      reverse r2 entry r1
      transfer t2 debit a credit b 6 JPY                     => limit_exceeded b
    group                                                    => group_failed
      release l1 hold h1
      close k1 c
      reverse r3 entry x                                     => entry_not_found
      cancel x1
    capture c1 hold h1                                       => replayed account_frozen b
    hold h3 debit b credit c 1 JPY                           => replayed insufficient_funds b
    transfer t2 debit a credit b 6 JPY                       => replayed limit_exceeded b
    reverse r3 entry in                                      => replayed entry_not_found
    transfer x1 debit b credit a 1 JPY
    capture c2 hold h1
    totals a 100 0 1 0
    totals b 11 0 100 0
    totals c 0 0 10 0`,
    ],
  ])('%s', (_, table) => expect(problemsOf(table)).toEqual([]));
});
