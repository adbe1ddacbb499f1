import { MAX_MESSAGE_BYTES } from '@mizan/contracts';
import { type Group, checkKinds, decodeMessage, encodeMessages, wholeGroups } from './stream-message.js';
import { Poison } from './poison.js';
import { fed, sumEvent } from './sums.fixture.js';

const stream = 'journal-a';
const groupsOf = (events: readonly unknown[], ...groups: Group[]): (Group | null)[] =>
  events.map((_, index) => groups.find(({ first, last }) => first <= index + 1 && index + 1 <= last) ?? null);
const versions = (value: Buffer): number[] => decodeMessage(value).events.map(({ version }) => version);

describe('the messages of an append', () => {
  const events = fed(stream, 1, 9);
  const oneEvent = Buffer.byteLength(JSON.stringify(events[0]));

  it('are one where it fits, and give the same events back', () => {
    const messages = encodeMessages(stream, events, groupsOf(events));
    expect(messages).toHaveLength(1);
    expect(decodeMessage(messages[0]!.value)).toEqual({ stream, events });
  });

  it('are several below the bound where it does not, in order and complete', () => {
    const maxBytes = 3 * oneEvent + 200;
    const messages = encodeMessages(stream, events, groupsOf(events), maxBytes);
    expect(messages.length).toBeGreaterThan(2);
    for (const { value } of messages) expect(value.length).toBeLessThanOrEqual(maxBytes);
    expect(messages.flatMap(({ value }) => versions(value))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('are never cut inside a group', () => {
    const groups = groupsOf(events, { first: 2, last: 4 }, { first: 5, last: 8 });
    for (let maxBytes = 4 * oneEvent + 200; maxBytes < 10 * oneEvent; maxBytes += 50) {
      const cuts = encodeMessages(stream, events, groups, maxBytes).map(({ value }) => versions(value).at(-1)!);
      for (const cut of cuts) expect([1, 4, 8, 9]).toContain(cut);
    }
  });

  it('refuse a group that no message can hold', () => {
    expect(() => encodeMessages(stream, events, groupsOf(events, { first: 1, last: 9 }), 4 * oneEvent)).toThrow(
      /journal-a@1: 9 events that belong together/,
    );
  });

  it('hold the largest group with its texts', () => {
    // 512 operations in 768 KiB, each with the longest reference and metadata.
    const words = { salt: 'a'.repeat(32), reference: 'م'.repeat(256), metadata: { note: '"'.repeat(2044) } };
    const group = { first: 1, last: 512 };
    const large = Array.from({ length: 512 }, (_, index) => {
      const bare = sumEvent(stream, index + 1, { group });
      const event = sumEvent(stream, index + 1, { group, padding: '\\'.repeat((1536 - Buffer.byteLength(bare)) / 2) });
      return { version: index + 1, event, texts: words };
    });
    expect(large.reduce((sum, { event }) => sum + Buffer.byteLength(event), 0)).toBeGreaterThan(760 * 1024);
    const messages = encodeMessages(
      stream,
      large,
      large.map(() => group),
    );
    expect(messages).toHaveLength(1);
    expect(messages[0]!.value.length).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
  });
});

describe('whole groups', () => {
  const member = (version: number, first: number, last: number) => ({
    version,
    event: sumEvent(stream, version, { group: { first, last } }),
    texts: null,
  });

  it('leave out the beginning of a group whose end is missing', () => {
    const events = [...fed(stream, 1, 2), member(3, 3, 5), member(4, 3, 5)];
    expect(wholeGroups(events).map(({ version }) => version)).toEqual([1, 2]);
    expect(wholeGroups([...events, member(5, 3, 5)])).toHaveLength(5);
    expect(wholeGroups(fed(stream, 1, 2))).toHaveLength(2);
    expect(wholeGroups([])).toEqual([]);
  });
});

describe('a message that is none', () => {
  const message = (change: object): Buffer => Buffer.from(JSON.stringify({ stream, events: fed(stream, 1, 2), ...change }));
  const events = fed(stream, 1, 2);

  it.each([
    ['nothing', null, /not JSON/],
    ['half of one', Buffer.from('{"stream":'), /not JSON \(10 characters\)/],
    ['an array', Buffer.from('[]'), /not \{ stream, events/],
    ['no stream', message({ stream: 5 }), /not \{ stream, events/],
    ['a name that PostgreSQL has no text for', message({ stream: 'a\0b' }), /a name that no stream has/],
    ['a name that is a way elsewhere', message({ stream: '..' }), /a name that no stream has/],
    ['no events', message({ events: [] }), /not \{ stream, events/],
    ['an event that is none', message({ events: [7] }), /Event 0 of a message for journal-a/],
    ['a version that is text', message({ events: [{ ...events[0], version: '1' }] }), /Event 0/],
    ['a gap', message({ events: [events[0], ...fed(stream, 3, 3)] }), /journal-a@3: .*gap/],
    ['texts that are none', message({ events: [{ ...events[0], texts: 'x' }] }), /texts is neither/],
    ['an event that is not JSON', message({ events: [{ ...events[0], event: 'x' }] }), /journal-a@1: The stored event is not JSON/],
    ['an event of another stream', message({ stream: 'journal-b' }), /does not say the stream and version/],
    ['an event of another version', message({ events: [{ ...events[1], version: 1 }] }), /does not say the stream and version/],
    [
      'an event without a schema version',
      message({ events: [{ ...events[0], event: events[0]!.event.replace('"schemaVersion":1', '"schemaVersion":0') }] }),
      /journal-a@1: .*does not say its type and schema version/,
    ],
  ])('is poison: %s', (_name, value, reason) => {
    expect(() => decodeMessage(value)).toThrow(Poison);
    expect(() => decodeMessage(value)).toThrow(reason);
  });
});

describe('what a newer program wrote', () => {
  const [first] = fed(stream, 1, 1);
  const changed = (from: string, to: string) => ({ stream, events: [{ ...first!, event: first!.event.replace(from, to) }] });

  it('is known by its kind and its version, kind by kind', () => {
    const kinds = { versionOf: (type: string) => ({ AmountAdded: 1, Rebooked: 2 })[type] ?? null };
    expect(() => checkKinds({ stream, events: [first!] }, kinds)).not.toThrow();
    expect(() => checkKinds(changed('"AmountAdded"', '"Moved"'), kinds)).toThrow(
      'journal-a@1: The event is of an unknown type Moved. Run a newer program.',
    );
    const two = changed('"schemaVersion":1', '"schemaVersion":2');
    expect(() => checkKinds(two, kinds)).toThrow(
      'journal-a@1: Schema version 2 is unknown here (1 is the newest of AmountAdded). Run a newer program.',
    );
    const rebooked = { stream, events: [{ ...two.events[0]!, event: two.events[0]!.event.replace('AmountAdded', 'Rebooked') }] };
    expect(() => checkKinds(rebooked, kinds)).not.toThrow();
  });
});
