import { counterparts, normalBalance, withBalances } from './statement.js';

const lines = [
  { side: 'debit', amount: 700n },
  { side: 'credit', amount: 1000n },
] as const;

it.each([
  ['asset', [710n, -290n]],
  ['expense', [710n, -290n]],
  ['liability', [-690n, 310n]],
  ['equity', [-690n, 310n]],
  ['income', [-690n, 310n]],
] as const)('an account of type %s runs on its normal side', (type, balances) => {
  expect(withBalances(type, 10n, lines).map(({ balance }) => balance)).toEqual(balances);
});

it('turnover becomes a signed balance', () => {
  expect(normalBalance('asset', { debits: 5n, credits: 7n })).toBe(-2n);
  expect(normalBalance('income', { debits: 5n, credits: 7n })).toBe(2n);
});

it('counterparts are the other accounts, each once, in the order of the legs', () => {
  expect(counterparts('b', { accounts: ['c', 'b', 'a', 'c', 'b'] })).toEqual(['c', 'a']);
});
