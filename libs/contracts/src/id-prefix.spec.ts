import { isIdPrefix, prefixOfAnother, prefixesOverlap } from './id-prefix.js';

const prefixes = { own: ['order-'], reserved: ['payout-', 'order-archive-', 'ord'] };

test.each([
  ['order-1', null],
  ['order-archive-1', 'order-archive-'],
  ['payout-1:book:1', 'payout-'],
  ['ordinary', 'ord'],
  ['payout', null],
  ['Payout-1', null],
  ['t-1', null],
])('the id %s is under the prefix of another: %s', (id, prefix) => expect(prefixOfAnother(id, prefixes)).toBe(prefix));

test('a prefix is of the characters of an id, neither so short that it takes everything nor long', () => {
  expect(['abc', 'a:b', 'order-', 'x'.repeat(40)].every(isIdPrefix)).toBe(true);
  expect(['', 'ab', '-order', 'or der', 'ordér-', 'x'.repeat(41)].some(isIdPrefix)).toBe(false);
});

test('two overlap where some id would begin with both', () => {
  expect([prefixesOverlap('pay', 'payout-'), prefixesOverlap('payout-', 'pay'), prefixesOverlap('pay-', 'payout-')]).toEqual([
    true,
    true,
    false,
  ]);
});
