import { isCausation, isCorrelation } from './provenance.js';

test('a correlation has the form of a command id', () => {
  expect(['payout-17', '0af7651916cd43dd8448eb211c80319c', 'x'.repeat(128)].every(isCorrelation)).toBe(true);
  expect(['', '-a', 'a b', 'a@1', 'á', 'x'.repeat(129)].some(isCorrelation)).toBe(false);
});

test('a causation is a stream and a version of it', () => {
  expect(['payout-17@3', 'journal-2f0c1f7e-8d6f-4b39-9a51-0d6e2f1a7c11@120'].every(isCausation)).toBe(true);
  expect(['payout-17', 'payout-17@', 'payout-17@0', '@3', 'a@b@3', 'a@3.5', `${'x'.repeat(101)}@1`].some(isCausation)).toBe(false);
});
