import { WrongUsage } from './failure.js';
import { spanMs } from './span.js';

it.each([
  ['3d', 259_200_000],
  ['12h', 43_200_000],
  ['90m', 5_400_000],
  ['1s', 1_000],
  ['1d12h', 129_600_000],
  ['1d1h1m1s', 90_061_000],
  ['36525d', 3_155_760_000_000],
])('%s is %i ms', (text, ms) => expect(spanMs(text)).toBe(ms));

it.each(['', '3', 'd', '3w', '-3d', '+3d', '3 d', '1.5d', '3d ', '3D', '0d', '0d0h', '1d1d', '3days', '1e3s', '36526d', '9999999999s'])(
  '%j is refused',
  (text) => expect(() => spanMs(text)).toThrow(WrongUsage),
);
