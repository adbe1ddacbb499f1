import { ExpirySlice } from './expiry-slice.js';

/** Expires as many of `due` holds as a slice takes, each of which takes `eachMs` to decide. */
function expired({ alone, due, eachMs, most = Infinity }: { alone: boolean; due: number; eachMs: number; most?: number }): unknown[] {
  let now = 0;
  let count = 0;
  const slice = new ExpirySlice(alone, () => now);
  const all = slice.use(most, () => {
    if (count === due) return false;
    now += eachMs;
    count += 1;
    return true;
  });
  return [count, all, slice.isUsedUp];
}

it.each([
  ['all that is due', { alone: true, due: 3, eachMs: 0.01 }, [3, true, false]],
  ['no more than is asked for', { alone: true, due: 41, eachMs: 0.01, most: 40 }, [40, false, false]],
  ['no more than 500', { alone: true, due: 501, eachMs: 0 }, [500, false, true]],
  ['less where that takes long', { alone: true, due: 500, eachMs: 1 }, [5, false, true]],
  ['less still where commands wait', { alone: false, due: 500, eachMs: 1 }, [2, false, true]],
  ['one in any case', { alone: false, due: 500, eachMs: 1_000 }, [1, false, true]],
])('a slice is %s', (_, given, outcome) => expect(expired(given)).toEqual(outcome));

it('what one takes of it is not there for the next', () => {
  const slice = new ExpirySlice(true, () => 0);
  expect([slice.use(499, () => true), slice.isUsedUp]).toEqual([false, false]);
  expect([slice.use(40, () => true), slice.isUsedUp, slice.use(40, () => true)]).toEqual([false, true, false]);
});
