import * as fc from 'fast-check';
import { checkJsonBody } from './json-body.js';
import { Problem } from './problem.js';

const fault = (text: string): string | null => {
  JSON.parse(text);
  try {
    checkJsonBody(text);
    return null;
  } catch (problem) {
    return (problem as Problem).detail;
  }
};

it.each([
  ['{"id":"a","amount":"1","amount":"2"}', 'amount'],
  ['{"operations":[{"op":"transfer","id":"a"},{"op":"open","\\u0069d":"b","id":"c"}]}', 'id'],
  ['{"metadata" : {"k":{},"k" :[]}}', 'k'],
  ['[{"a\\"":1,"a\\"":2}]', 'a\\"'],
  ['{"":1,"":2}', ''],
  ['{"a\\\\":1,"b":2,"a\\\\":3}', 'a\\\\'],
])('%s has a key twice', (text, key) => expect(fault(text)).toContain(`The key "${key}" stands twice`));

it.each([
  '{"a":"a","b":"a"}',
  '[{"a":1},{"a":1}]',
  '{"a":{"a":{"a":1}},"b":["a","a"]}',
  '{"a":"\\"b\\":","b":"{[","c":"\\\\"}',
  '"a"',
  '7',
  'null',
  ' { } ',
])('%s has none', (text) => expect(fault(text)).toBeNull());

it('takes 16 objects and lists in one another, and no more', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  expect(fault(nested(16))).toBeNull();
  expect(fault(nested(17))).toContain('nested more than 16 deep');
});

it('finds nothing in what JSON.stringify made of any value, in whatever spacing', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5, depthSize: 'medium' }), fc.constantFrom(0, 2), (text, space) => {
      expect(fault(JSON.stringify(JSON.parse(text), null, space))).toBeNull();
    }),
  );
});

it('is not led astray by long runs of backslashes and quotes', () => {
  expect(fault(JSON.stringify({ a: '\\'.repeat(1_000_000), b: '"'.repeat(1_000_000) }))).toBeNull();
});
