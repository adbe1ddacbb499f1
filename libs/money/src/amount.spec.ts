import { MAX_AMOUNT, parseMinorUnits, parseSignedMinorUnits } from './amount.js';

const most = '340282366920938463463374607431768211455';
const oneMore = '340282366920938463463374607431768211456';

describe('parseMinorUnits', () => {
  it.each<[unknown, bigint | undefined]>([
    ['1', 1n],
    ['25000', 25000n],
    ['007', 7n],
    [most, MAX_AMOUNT],
    [oneMore, undefined],
    ['0', undefined],
    ['000', undefined],
    ['', undefined],
    ['-1', undefined],
    ['+1', undefined],
    ['1.0', undefined],
    ['1e3', undefined],
    [' 1', undefined],
    ['1\n', undefined],
    ['0x10', undefined],
    ['1_000', undefined],
    ['١٢', undefined],
    ['0'.repeat(39) + '1', undefined],
    [1, undefined],
    [1n, undefined],
    [null, undefined],
    [undefined, undefined],
    [['1'], undefined],
  ])('%p is %p', (value, expected) => expect(parseMinorUnits(value)).toBe(expected));
});

describe('parseSignedMinorUnits', () => {
  it.each<[unknown, bigint | undefined]>([
    ['0', 0n],
    ['-0', 0n],
    ['-500', -500n],
    ['500', 500n],
    [most, MAX_AMOUNT],
    [`-${most}`, -MAX_AMOUNT],
    [oneMore, undefined],
    [`-${oneMore}`, undefined],
    ['--1', undefined],
    ['-', undefined],
    ['+1', undefined],
    [-1, undefined],
    [null, undefined],
  ])('%p is %p', (value, expected) => expect(parseSignedMinorUnits(value)).toBe(expected));
});
