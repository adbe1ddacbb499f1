import type { LedgerEvent } from '@mizan/ledger';
import { type Arrival, type Sweep, type SweepEvent, arrivalsIn, sweep } from './sweep.js';

const entry = (...postings: readonly (readonly [account: string, side: 'debit' | 'credit', amount: bigint])[]): LedgerEvent =>
  ({ type: 'EntryPosted', postings: postings.map(([account, side, amount]) => ({ account, side, amount })) }) as unknown as LedgerEvent;

const arrival: Arrival = { tenant: 'acme', ledger: 'main', from: 'sweep:savings', to: 'savings', amount: '7' };
const after = (...events: readonly SweepEvent[]): Sweep => events.reduce((state, event) => sweep.evolve(state, event), sweep.initial);

it('moves on what is credited to its accounts, and nothing else', () => {
  expect(arrivalsIn(entry(['bank:cash', 'debit', 9n], ['sweep:savings', 'credit', 7n], ['sweep:tips:mo', 'credit', 2n]))).toEqual([
    { leg: 1, from: 'sweep:savings', to: 'savings', amount: '7' },
    { leg: 2, from: 'sweep:tips:mo', to: 'tips:mo', amount: '2' },
  ]);
  expect(arrivalsIn(entry(['sweep:savings', 'debit', 7n], ['savings', 'credit', 7n]))).toEqual([]);
  expect(arrivalsIn({ type: 'HoldPlaced' } as LedgerEvent)).toEqual([]);
});

it('calls for one transfer of the amount, and ends', () => {
  const arrived = sweep.decide(sweep.initial, { type: 'message', content: arrival }, 0) as readonly SweepEvent[];
  expect(sweep.next(after(...arrived), 0, 'sweep-1')).toEqual({
    do: 'call',
    step: 'move',
    content: { tenant: 'acme', ledger: 'main', operation: { op: 'transfer', debit: 'sweep:savings', credit: 'savings', amount: '7' } },
    attempts: 3,
  });
  const done = sweep.decide(
    after(...arrived),
    { type: 'done', step: 'move', id: 'sweep-1:move:1', answer: null },
    1,
  ) as readonly SweepEvent[];
  expect(sweep.next(after(...arrived, ...done), 1, 'sweep-1')).toEqual({ do: 'nothing' });
});

it('waits after a refusal, and leaves the amount after the last', () => {
  const rejection = { code: 'account_frozen', detail: 'It is frozen.' };
  const moving = after({ type: 'Arrived', arrival });
  const refused = (last: boolean) =>
    sweep.decide(moving, { type: 'refused', step: 'move', id: 'sweep-1:move:1', rejection, last }, 1_000) as readonly SweepEvent[];
  expect(sweep.next(after({ type: 'Arrived', arrival }, ...refused(false)), 1_000, 'sweep-1')).toEqual({ do: 'wait', until: 61_000 });
  expect(sweep.next(after({ type: 'Arrived', arrival }, ...refused(true)), 1_000, 'sweep-1')).toEqual({ do: 'nothing' });
});

it('begins once', () => {
  expect(sweep.decide(after({ type: 'Arrived', arrival }), { type: 'message', content: arrival }, 0)).toMatchObject({
    code: 'arrived_already',
  });
});
