import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import * as fc from 'fast-check';
import { decodeEnvelope } from './envelope.js';
import { anyEvent, encodeAny } from './every-event.fixture.js';
import { fieldsOf } from './fields.fixture.js';
import { decodeEvent, encodeEvent } from './journal-events.js';
import type { FedEvent } from './feed.js';

// What stands in somebody's journal can never change. A new form is a new schema version with files of its own; those here stay.

const folder = new URL('../golden/', import.meta.url);
const linesOf = (file: string): readonly string[] => readFileSync(new URL(file, folder), 'utf8').trimEnd().split('\n');

/** SHA-256. Whoever has to change one of these changes what others have stored. */
const pinned = {
  'journal-v1-forms.jsonl': '9dc852b0bf7aa68f70caf6d39dec13dae24daeb2827e8d0f6a7bea0621c05c1d',
  'journal-v1.fields': '42158f36534ebbccfb2f81812f0e8b002735b24193895097c920dc97f7b6ecf6',
  'journal-v1.jsonl': 'c36f3dc7ce5c488d380008383b2fcf38e97f266ee186815d6c44a3a66b617307',
  'process-v1.jsonl': 'd80bd6e5b005ac859273e2a77e6d24b8c6f81d9ce3afb98262dda98948916298',
};
const journals = ['journal-v1.jsonl', 'journal-v1-forms.jsonl'];
const known = new Set(linesOf('journal-v1.fields'));

it('the golden files are those that were written down, and no others', () => {
  const hashes = readdirSync(folder).map((file) => [
    file,
    createHash('sha256')
      .update(readFileSync(new URL(file, folder)))
      .digest('hex'),
  ]);
  expect(Object.fromEntries(hashes)).toEqual(pinned);
});

it.each(journals)('%s is read, and written again byte for byte', (file) => {
  for (const line of linesOf(file)) {
    const { event, texts } = JSON.parse(line) as FedEvent;
    const { id: eventId, stream, actor, correlation, causation, traceparent } = decodeEnvelope(event);
    const provenance = { eventId, stream, actor, correlation, causation, traceparent, salt: () => texts!.salt };
    expect(encodeEvent(decodeEvent(event, texts), provenance).text).toBe(event);
  }
});

it('every field of schema version 1, and every word of ours in it, stands in a golden file', () => {
  const seen = new Set(journals.flatMap(linesOf).flatMap((line) => fieldsOf((JSON.parse(line) as FedEvent).event)));
  expect([...known].filter((field) => !seen.has(field))).toEqual([]);
});

it('no event has a field, or a word of ours, that schema version 1 does not have: an older reader would pass over it', () => {
  fc.assert(
    fc.property(anyEvent, fc.boolean(), (event, traced) => {
      expect(fieldsOf(encodeAny(event, traced).text).filter((field) => !known.has(field))).toEqual([]);
    }),
    { numRuns: 3_000 },
  );
});
