import { eventId } from './event-id.js';
import { toEvents, toStoredText } from './stored-text.js';

const recordedOf = (event: ReturnType<typeof toEvents>[number], revision: number) => ({
  streamId: 'journal-1',
  revision: BigInt(revision),
  type: event.type,
  isJson: false,
  data: event.data,
  metadata: JSON.parse(Buffer.from(event.metadata).toString()) as unknown,
});

test('versions are from 1, revisions from 0', () => {
  const [, second] = toEvents('journal-1', 7, ['a', 'b']);
  expect(toStoredText(recordedOf(second!, 8))).toEqual({
    stream: 'journal-1',
    version: 9,
    text: 'b',
    bytes: 1,
    append: { first: 8, count: 2 },
  });
});

test('besides its text, no event counts more than 48 bytes, so that the largest append stays within the 1 MiB of the server', () => {
  const events = toEvents('journal-1', Number.MAX_SAFE_INTEGER - 1, Array<string>(4096).fill(''));
  for (const { metadata, type } of events) expect(metadata.length + 2 * type.length).toBeLessThanOrEqual(48);
  expect(832 * 1024 + 4096 * 48).toBe(1024 * 1024);
});

test.each([
  ['of another type', { type: 'other' }],
  ['of JSON', { isJson: true }],
  ['without the append that it came with', { metadata: undefined }],
  ['with half of it', { metadata: { first: 1 } }],
  ['with nonsense for it', { metadata: { first: 1, count: 0 } }],
  ['of something parsed', { data: { a: 1 } }],
])('an event %s is not ours', (_, change) => {
  const [event] = toEvents('journal-1', 0, ['a']);
  expect(() => toStoredText({ ...recordedOf(event!, 0), ...change })).toThrow(/Event 1 of the stream journal-1 was not written by Mizan/);
});

describe('the id of an event', () => {
  const id = eventId('journal-1', 1, 'a');
  test('is a UUID, and the same for the same', () => {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(eventId('journal-1', 1, 'a')).toBe(id);
  });
  test.each([
    ['stream', eventId('journal-2', 1, 'a')],
    ['version', eventId('journal-1', 2, 'a')],
    ['text', eventId('journal-1', 1, 'b')],
    ['border between version and text', eventId('journal-1', 1, '1 a')],
  ])('is another for another %s', (_, other) => expect(other).not.toBe(id));
});
