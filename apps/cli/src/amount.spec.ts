import { minorUnits } from './amount.js';

it('reads a decimal at the exponent of its asset', () => {
  expect(minorUnits('250.00', 'CZK', 2)).toBe(25_000n);
  expect(minorUnits('250', 'CZK', 2)).toBe(25_000n);
  expect(minorUnits('250', 'JPY', 0)).toBe(250n);
  expect(minorUnits('0.123456789012345678', 'ETH', 18)).toBe(123_456_789_012_345_678n);
  expect(minorUnits('-10.5', 'CZK', 2, { signed: true })).toBe(-1_050n);
  expect(minorUnits('0', 'CZK', 2, { signed: true })).toBe(0n);
});

it.each([
  ['250.001', 2, 'is too fine: CZK has 2 decimal places.'],
  ['1.5', 0, 'is too fine: CZK has 0 decimal places.'],
  ['1.55', 1, 'is too fine: CZK has 1 decimal place.'],
  ['-1', 2, 'is negative'],
  ['0.00', 2, 'is nothing'],
  ['1e3', 2, 'is not an amount'],
  ['1 000', 2, 'is not an amount'],
  ['٢٥٠', 2, 'is not an amount'],
])('refuses %s at %i decimal places', (text, exponent, why) => {
  expect(() => minorUnits(text, 'CZK', exponent)).toThrow(why);
});
