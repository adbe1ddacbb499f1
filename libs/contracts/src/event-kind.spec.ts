import { Type } from 'typebox';
import { decodeEnvelope } from './envelope.js';
import { type DataIn, type EventKind, EventKinds } from './event-kind.js';

it.each<[string, string, EventKind, string]>([
  [
    'a name that is none',
    'sent',
    { version: 1, says: '' },
    'The event kind sent of payouts is declared wrongly: a name is 1 to 60 letters',
  ],
  ['a version that is none', 'Sent', { version: 0, says: '' }, 'its version is 0; versions are 1, 2, 3'],
  ['a missing upcaster', 'Sent', { version: 3, says: '', upcasters: { 1: (data) => data } }, 'it has version 3 and no upcaster from 2'],
  [
    'an upcaster too many',
    'Sent',
    { version: 1, says: '', upcasters: { 1: (data) => data } },
    'it has an upcaster from 1, and its version is 1',
  ],
])('%s is refused by name', (_, name, kind, why) => {
  expect(() => new EventKinds('payouts', { [name]: kind })).toThrow(why);
});

describe('a reader', () => {
  const schemas = {
    Asked: Type.Object({ amount: Type.String(), rail: Type.String() }),
    Sent: Type.Object({ amount: Type.String() }),
  };
  const newest = new EventKinds<DataIn<typeof schemas>>('payouts', {
    Asked: {
      version: 3,
      says: 'A payout was asked for.',
      upcasters: {
        1: (data) => ({ amount: String((data as { amount: number }).amount) }),
        2: (data) => ({ ...(data as { amount: string }), rail: 'sepa' }),
      },
    },
    Sent: { version: 1, says: 'It was sent.' },
  });
  const event = (type: string, schemaVersion: number, data: unknown) =>
    decodeEnvelope(JSON.stringify({ type, schemaVersion, stream: 'payout-1', version: 4, data }));

  it('makes the form of today of each older one', () => {
    expect(newest.read(event('Asked', 1, { amount: 12 })).data).toEqual({ amount: '12', rail: 'sepa' });
    expect(newest.read(event('Asked', 2, { amount: '12' })).data).toEqual({ amount: '12', rail: 'sepa' });
    expect(newest.read(event('Asked', 3, { amount: '12', rail: 'ach' })).data).toEqual({ amount: '12', rail: 'ach' });
  });

  it('halts at a version that it does not know, kind by kind', () => {
    expect(() => newest.read(event('Sent', 2, {}))).toThrow(
      'Event payout-1@4 has schema version 2; this program knows 1. Run a newer one.',
    );
    expect(newest.read(event('Asked', 2, { amount: '1' })).type).toBe('Asked');
    expect(() => newest.read(event('Returned', 1, {}))).toThrow('Event payout-1@4 is of an unknown type Returned. Run a newer program.');
    expect(() => newest.read(event('Sent', 0, {}))).toThrow('has schema version 0');
  });

  it('reads what was written', () => {
    const of = {
      id: 'a',
      stream: 'payout-1',
      version: 4,
      actor: 'key:1',
      correlation: null,
      causation: null,
      traceparent: null,
      recordedAt: 5,
    };
    const envelope = decodeEnvelope(newest.write('Asked', { amount: '12', rail: 'ach' }, of));
    expect(envelope).toMatchObject({ schemaVersion: 3, recordedAt: '1970-01-01T00:00:00.005Z', stream: 'payout-1' });
    expect(newest.read(envelope)).toMatchObject({ type: 'Asked', data: { amount: '12', rail: 'ach' } });
  });
});
