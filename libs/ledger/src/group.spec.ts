import type { Group } from './command.js';
import { decideGroup, groupTooLarge } from './group.js';
import { play } from './play.js';
import { readOperation } from './shape.js';

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
