import { isAssetCode, isExponent } from './asset.js';
import { isoExponent, isoExponents } from './iso-4217.js';

describe('an asset', () => {
  it.each([
    ['USD', true],
    ['BTC', true],
    ['P', true],
    ['POINTS2', true],
    ['A'.repeat(16), true],
    ['A'.repeat(17), false],
    ['usd', false],
    ['2USD', false],
    ['US D', false],
    ['USD\n', false],
    ['', false],
    [840, false],
  ])('has a code: %p is one, %p', (code, expected) => expect(isAssetCode(code)).toBe(expected));

  it.each([
    [0, true],
    [18, true],
    [19, false],
    [-1, false],
    [1.5, false],
    ['2', false],
    [NaN, false],
  ])('has decimal places: %p are some, %p', (exponent, expected) => expect(isExponent(exponent)).toBe(expected));
});

describe('ISO 4217', () => {
  it.each([
    ['USD', 2],
    ['EUR', 2],
    ['CZK', 2],
    ['JPY', 0],
    ['KRW', 0],
    ['KWD', 3],
    ['BHD', 3],
    ['CLF', 4],
    ['UYW', 4],
    // Where ISO and what is customary differ, ISO is right: no decimals in the króna, two in the forint and the rupiah.
    ['ISK', 0],
    ['HUF', 2],
    ['IDR', 2],
    ['XCG', 2],
    ['XAD', 2],
    // Withdrawn since, but an account may still hold it.
    ['BGN', 2],
    ['ANG', 2],
  ])('%s has %p decimal places', (code, exponent) => expect(isoExponent(code)).toBe(exponent));

  it.each(['XAU', 'XAG', 'XPT', 'XPD', 'XBA', 'XDR', 'XSU', 'XUA', 'XTS', 'XXX', 'BTC', 'usd', '__proto__', 'constructor'])(
    'gives %s no minor unit',
    (code) => expect(isoExponent(code)).toBeUndefined(),
  );

  it('lists each code once, every one an asset code with an exponent in bounds', () => {
    expect(isoExponents.size).toBe(168);
    for (const [code, exponent] of isoExponents) {
      expect(code).toMatch(/^[A-Z]{3}$/);
      expect(isAssetCode(code) && isExponent(exponent)).toBe(true);
    }
  });
});
