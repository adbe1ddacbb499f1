import { duration } from './duration.js';

it.each([
  [40, '0.0 s'],
  [440, '0.4 s'],
  [9_940, '9.9 s'],
  [9_960, '10 s'],
  [59_400, '59 s'],
  [59_600, '1 min 0 s'],
  [89_000, '1 min 29 s'],
])('%d ms is %s', (ms, text) => expect(duration(ms)).toBe(text));
