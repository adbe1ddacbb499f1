import * as fc from 'fast-check';
import { MAX_AMOUNT } from './amount.js';
import { type DecimalFault, formatDecimal, parseDecimal } from './decimal.js';

describe('parseDecimal', () => {
  it.each<[string, number, bigint | DecimalFault]>([
    ['250.00', 2, 25000n],
    ['250', 2, 25000n],
    ['250.5', 2, 25050n],
    ['0.01', 2, 1n],
    ['0', 2, 0n],
    ['007.10', 2, 710n],
    ['12', 0, 12n],
    ['1.234', 3, 1234n],
    ['0.000000000000000001', 18, 1n],
    ['3402823669209384634633746074317682114.55', 2, MAX_AMOUNT],
    ['3402823669209384634633746074317682114.56', 2, 'too_large'],
    ['1.005', 2, 'too_fine'],
    ['1.000', 2, 'too_fine'],
    ['1.0', 0, 'too_fine'],
    ['-1.00', 2, 'negative'],
    ['', 2, 'malformed'],
    ['.5', 2, 'malformed'],
    ['5.', 2, 'malformed'],
    ['1,000.00', 2, 'malformed'],
    ['1,00', 2, 'malformed'],
    ['1.2.3', 2, 'malformed'],
    ['1e3', 2, 'malformed'],
    ['+1', 2, 'malformed'],
    [' 1', 2, 'malformed'],
    ['1 ', 2, 'malformed'],
    ['1\n', 2, 'malformed'],
    ['−1', 2, 'malformed'],
    ['Infinity', 2, 'malformed'],
    ['9'.repeat(40), 2, 'malformed'],
  ])('%p with %p places is %p', (text, exponent, expected) => expect(parseDecimal(text, exponent)).toBe(expected));

  it.each<[string, bigint | DecimalFault]>([
    ['-1.00', -100n],
    ['1.00', 100n],
    ['-0', 0n],
    ['--1', 'malformed'],
    ['-', 'malformed'],
  ])('signed, %p is %p', (text, expected) => expect(parseDecimal(text, 2, { signed: true })).toBe(expected));
});

describe('formatDecimal', () => {
  it.each<[bigint, number, string, string]>([
    [25000n, 2, '250.00', '250.00'],
    [-5n, 2, '-0.05', '-0.05'],
    [0n, 2, '0.00', '0.00'],
    [7n, 0, '7', '7'],
    [123456789n, 2, '1234567.89', '1,234,567.89'],
    [-100000n, 0, '-100000', '-100,000'],
    [100000n, 3, '100.000', '100.000'],
    [1n, 18, '0.000000000000000001', '0.000000000000000001'],
  ])('%p with %p places is %p, grouped %p', (amount, exponent, plain, grouped) => {
    expect(formatDecimal(amount, exponent)).toBe(plain);
    expect(formatDecimal(amount, exponent, { grouped: true })).toBe(grouped);
  });

  it('is what parseDecimal reads, whatever the amount and asset', () => {
    const amounts = fc.bigInt({ min: -MAX_AMOUNT, max: MAX_AMOUNT });
    fc.assert(
      fc.property(amounts, fc.integer({ min: 0, max: 18 }), (amount, exponent) => {
        expect(parseDecimal(formatDecimal(amount, exponent), exponent, { signed: true })).toBe(amount);
      }),
      { numRuns: 2_000 },
    );
  });
});
