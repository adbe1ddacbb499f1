import { dayOf, parseInstant } from './instant.js';

describe('parseInstant', () => {
  it.each<[unknown, string | undefined]>([
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00:00.5Z', '2026-01-31T12:00:00.500Z'],
    ['2026-01-31T12:00:00.123Z', '2026-01-31T12:00:00.123Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    ['0000-01-01T00:00:00Z', undefined],
    ['2025-02-29T00:00:00Z', undefined],
    ['2026-04-31T00:00:00Z', undefined],
    ['2026-13-01T00:00:00Z', undefined],
    ['2026-01-31T24:00:00Z', undefined],
    ['2026-01-31T23:59:60Z', undefined],
    ['2026-01-31T12:00:00.1234Z', undefined],
    ['2026-01-31T12:00:00.Z', undefined],
    ['2026-01-31t12:00:00z', undefined],
    ['2026-01-31 12:00:00Z', undefined],
    ['2026-01-31T12:00Z', undefined],
    ['2026-01-31T12:00:00', undefined],
    ['2026-01-31T12:00:00+01:00', undefined],
    ['2026-01-31', undefined],
    ['+002026-01-31T12:00:00Z', undefined],
    [' 2026-01-31T12:00:00Z', undefined],
    [1767603600000, undefined],
    [null, undefined],
  ])('%p is %p', (value, expected) => {
    const ms = parseInstant(value);
    expect(ms === undefined ? undefined : new Date(ms).toISOString()).toBe(expected);
  });
});

it('a moment has its day in UTC', () => expect(dayOf(Date.UTC(2026, 0, 31, 23, 59, 59, 999))).toBe('2026-01-31'));
