import { readFileSync } from 'node:fs';
import { Compile } from 'typebox/compile';
import { decodeEnvelope, envelopeEnd } from './envelope.js';
import { eventFiles, everyKind, goldenExample } from './events-described.js';
import { processKinds } from './process-kinds.js';
import { processSchemas } from './process-schemas.js';
import { seamsOf } from './seams.js';

const kinds = processKinds('payouts');
const golden = readFileSync(new URL('../golden/process-v1.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => (JSON.parse(line) as { event: string }).event);

describe('the golden events of processes', () => {
  const validators = new Map(Object.entries(processSchemas).map(([name, schema]) => [name, Compile(schema)]));
  const faults = (type: string, data: unknown): readonly string[] =>
    validators
      .get(type)!
      .Errors(data)
      .map(({ instancePath, message }) => `${type}${instancePath} ${message}`);

  it('are of every kind, and as their kinds say, and none with a field more', () => {
    const seen = new Set<string>();
    for (const text of golden) {
      const { type, data } = kinds.read(decodeEnvelope(text));
      seen.add(type);
      expect(faults(type, data)).toEqual([]);
      expect(faults(type, { ...data, more: 1 })).not.toEqual([]);
    }
    expect([...seen].toSorted()).toEqual(Object.keys(kinds.all).toSorted());
    expect(Object.keys(processSchemas).toSorted()).toEqual([...seen].toSorted());
  });

  it('can be read from their end, and belong to no group', () => {
    for (const text of golden) {
      const { type, stream, schemaVersion, traceparent } = decodeEnvelope(text);
      expect(envelopeEnd(text)).toEqual({ type, stream, schemaVersion, traceparent, group: null, texts: null });
      expect(seamsOf(text)).toEqual({ group: null, texts: null });
    }
  });
});

it('the page about events shows them once, for every service that has processes, each with an example', () => {
  const [owner] = everyKind.slice(-1);
  const { 'events.md': page } = eventFiles([owner!], goldenExample);
  expect(owner!.kinds.map(({ name }) => name)).toEqual(Object.keys(processSchemas));
  for (const name of Object.keys(processSchemas)) expect(page).toContain(`### ${name}, version 1`);
  expect(page!.match(/"actor": "service:clerks"/g)).toHaveLength(Object.keys(processSchemas).length);
  expect(page).toContain('| `content` | any | What is called for: whoever sends it again sends this. |');
});
