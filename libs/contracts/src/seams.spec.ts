import * as fc from 'fast-check';
import type { TSchema } from 'typebox';
import { EventKinds } from './event-kind.js';
import { traceparentOf } from './envelope.js';
import { journalSchemas } from './journal-schemas.js';
import { seamsOf } from './seams.js';

const kinds = new EventKinds<{ Reminded: unknown }>('reminders', { Reminded: { version: 1, says: 'Anything.' } });
const WORDS = 'ab'.repeat(32);
const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
/** What looks like the end of an event, as keys, as strings and as keys of keys. */
const forgery = fc.constantFrom<unknown>(
  { group: { first: 1, last: 2 } },
  { group: { first: 1, last: 2 }, id: 'x', recordedAt: 'x', schemaVersion: 1 },
  { texts: WORDS, traceparent: null, type: 'Reminded', version: 1 },
  { texts: WORDS },
  `,"group":{"first":1,"last":2},"id":"`,
  `"stream":"x","texts":"${WORDS}"}`,
  `"traceparent":"${TRACE}","type":"Reminded","version":1}`,
);
const content = fc.oneof(forgery, fc.jsonValue(), fc.array(forgery), fc.dictionary(fc.constantFrom('group', 'texts', 'zz', 'id'), forgery));
const group = fc.option(fc.record({ first: fc.integer({ min: 1 }), last: fc.integer({ min: 1 }) }));

it('are those of the envelope, whatever the data holds', () => {
  fc.assert(
    fc.property(content, group, fc.boolean(), fc.boolean(), (data, of, worded, traced) => {
      const text = kinds.write('Reminded', data, {
        id: '00000000-0000-8000-a000-000000000001',
        stream: 'reminder-1',
        version: 7,
        recordedAt: 0,
        actor: 'service:reminders',
        correlation: null,
        causation: null,
        traceparent: traced ? TRACE : null,
        group: of,
        ...(worded ? { texts: WORDS } : {}),
      });
      expect(seamsOf(text)).toEqual({ group: of, texts: worded ? WORDS : null });
      expect(traceparentOf(text)).toBe(traced ? TRACE : null);
    }),
    { numRuns: 5_000 },
  );
});

it('are found behind a trace of a version that nobody here can go on with', () => {
  const of = { id: 'a', stream: 'reminder-1', version: 1, recordedAt: 0, actor: 'a', correlation: null, causation: null };
  const text = kinds.write('Reminded', {}, { ...of, traceparent: `01-${TRACE.slice(3)}`, texts: WORDS });
  expect(seamsOf(text)).toEqual({ group: null, texts: WORDS });
  expect(traceparentOf(text)).toBeNull();
});

it('of a journal stand in the data, where nothing else has their names and no key is free', () => {
  const found: string[] = [];
  const walk = (schema: TSchema, path: string): void => {
    const { properties, anyOf, items } = schema as { properties?: Record<string, TSchema>; anyOf?: TSchema[]; items?: TSchema };
    if (properties && (schema as { additionalProperties?: unknown }).additionalProperties !== false) found.push(`${path}: any key`);
    for (const [key, part] of Object.entries(properties ?? {})) {
      if (path.includes('.') && ['group', 'texts'].includes(key)) found.push(`${path}.${key}`);
      walk(part, `${path}.${key}`);
    }
    for (const part of anyOf ?? []) walk(part, path);
    if (items) walk(items, `${path}[]`);
  };
  for (const [name, schema] of Object.entries(journalSchemas)) walk(schema, name);
  expect(found).toEqual([]);
});
