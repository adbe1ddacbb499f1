import { setTimeout as pause } from 'node:timers/promises';
import { type LedgerName, PositionWaits } from './position-waits.js';

const ledger: LedgerName = { tenant: 'acme', ledger: 'main' };

it('one question serves all who wait, and each is answered once his position is reached', async () => {
  let position = 0;
  let questions = 0;
  const waits = new PositionWaits(async (names) => {
    questions++;
    return names.map(() => position);
  });
  const answered: number[] = [];
  const all = [1, 2, 3].map((wanted) => waits.reached(ledger, wanted).then((waited) => waited === 'reached' && answered.push(wanted)));
  await pause(50);
  expect(answered).toEqual([]);
  position = 2;
  await Promise.all(all.slice(0, 2));
  expect(answered).toEqual([1, 2]);
  position = 3;
  await all[2];
  expect(answered).toEqual([1, 2, 3]);
  const asked = questions;
  await pause(100);
  expect(questions).toBe(asked);
});

it('ends when it is too late', async () => {
  const waits = new PositionWaits(async (names) => names.map(() => 5));
  expect(await waits.reached(ledger, 6)).toBe('late');
  expect(await waits.reached(ledger, 5)).toBe('reached');
});

it('a thousand wait, the next is answered at once', async () => {
  let release = false;
  const waits = new PositionWaits(async (names) => names.map(() => (release ? 1 : 0)));
  const crowd = Array.from({ length: 1_000 }, () => waits.reached(ledger, 1));
  expect(await waits.reached(ledger, 1)).toBe('crowded');
  release = true;
  expect(new Set(await Promise.all(crowd))).toEqual(new Set(['reached']));
  expect(await waits.reached(ledger, 1)).toBe('reached');
});

it('a lost database is told to all who wait, and not to who comes later', async () => {
  let lost = true;
  const waits = new PositionWaits(async (names) => {
    if (lost) throw new Error('the database is gone');
    return names.map(() => 1);
  });
  const waiting = await Promise.allSettled([waits.reached(ledger, 1), waits.reached(ledger, 1)]);
  expect(waiting.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  lost = false;
  expect(await waits.reached(ledger, 1)).toBe('reached');
});
