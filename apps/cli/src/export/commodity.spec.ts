import * as fc from 'fast-check';
import { isAssetCode } from '@mizan/money';
import { assetOf, commodityOf } from './commodity.js';

it.each([
  ['CZK', 'CZK'],
  ['P', 'P'],
  ['POINTS2', 'POINTS_C'],
  ['A0B9', 'A_AB_J'],
  ['TRUE', 'TRUE_X'],
  ['NULL', 'NULL_X'],
])('%s is the commodity %s', (asset, commodity) => {
  expect(commodityOf(asset)).toBe(commodity);
  expect(assetOf(commodity)).toBe(asset);
});

it('gives every asset a name of its own, without digits', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Z][A-Z0-9]{0,15}$/), (asset) => {
      expect(isAssetCode(asset)).toBe(true);
      expect(commodityOf(asset)).toMatch(/^[A-Z](_?[A-Z])*$/);
      expect(assetOf(commodityOf(asset))).toBe(asset);
    }),
    { numRuns: 5_000 },
  );
});
