import * as fc from 'fast-check';
import { narration, textOf } from './narration.js';

it.each([
  ['', '""'],
  ['rent for May', '"rent for May"'],
  ['the "old" C:\\ disk', '"the \\"old\\" C:\\\\ disk"'],
  ['a; b', '"a%3B b"'],
  ['10% off, 5%', '"10% off, 5%"'],
  ['%3B', '"%253B"'],
  ['إيجار شقة', '"إيجار شقة"'],
  ['two\u2028lines', '"two%E2%80%A8lines"'],
])('of %p is %s', (text, quoted) => {
  expect(narration(text)).toBe(quoted);
  expect(textOf(quoted)).toBe(text);
});

it('holds any text on one line, without a way out of its quotes', () => {
  const hostile = fc.array(fc.constantFrom('%', '3', 'B', '2', '5', ';', '"', '\\', '\n', 'é', '٣'), { maxLength: 12 });
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    hostile.map((signs) => signs.join('')),
  );
  fc.assert(
    fc.property(text, (text) => {
      const quoted = narration(text);
      expect(quoted).toMatch(/^"(?:[^"\\;\p{Cc}\p{Zl}\p{Zp}]|\\["\\])*"$/u);
      expect(textOf(quoted)).toBe(text);
    }),
    { numRuns: 5_000 },
  );
});
