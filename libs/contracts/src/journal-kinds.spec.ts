import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { Compile } from 'typebox/compile';
import { decodeEnvelope } from './envelope.js';
import { anyEvent, encodeAny } from './every-event.fixture.js';
import { journalKinds } from './journal-kinds.js';
import { journalSchemas } from './journal-schemas.js';

const validators = new Map(Object.entries(journalSchemas).map(([name, schema]) => [name, Compile(schema)]));
const faults = (text: string): readonly string[] => {
  const { type, data } = decodeEnvelope(text);
  return validators
    .get(type)!
    .Errors(data)
    .map(({ instancePath, message }) => `${type}${instancePath} ${message}`);
};

it.each(['journal-v1.jsonl', 'journal-v1-forms.jsonl'])('every event of %s is as its kind says', (file) => {
  const lines = readFileSync(new URL(`../golden/${file}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  for (const line of lines) expect(faults((JSON.parse(line) as { event: string }).event)).toEqual([]);
});

it('any event that is written is as its kind says, and none with a field more', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(anyEvent, (event) => {
      const { text } = encodeAny(event);
      seen.add(event.type);
      expect(faults(text)).toEqual([]);
      expect(faults(text.replace('"data":{', '"data":{"more":1,'))).not.toEqual([]);
    }),
    { numRuns: 2_000 },
  );
  expect([...seen].sort()).toEqual(Object.keys(journalKinds.all).toSorted());
});
