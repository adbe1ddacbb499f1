import { fromMoment, momentRange, pastAsked, shownMoment, throughMoment, toMoment } from './moment.js';

it('takes a day from its start to its end, and a moment as it is', () => {
  expect(fromMoment('1993-01-01')).toBe('1993-01-01T00:00:00.000Z');
  expect(toMoment('1994-03-31')).toBe('1994-04-01T00:00:00.000Z');
  expect(toMoment('1994-12-31')).toBe('1995-01-01T00:00:00.000Z');
  expect(fromMoment('1993-01-01T09:30:00Z')).toBe('1993-01-01T09:30:00Z');
  expect(toMoment('1993-01-01T09:30:00.5Z')).toBe('1993-01-01T09:30:00.5Z');
});

it('a moment of the past is inclusive, and a day is asked for as it ends', () => {
  expect(throughMoment('1993-12-31')).toBe('1993-12-31T23:59:59.999Z');
  expect(throughMoment('1993-12-31T09:30:00Z')).toBe('1993-12-31T09:30:00Z');
  expect(pastAsked({})).toEqual({ at: undefined, recordedAt: undefined });
  expect(pastAsked({ at: '1993-01-01', known: '2026-01-01T00:00:00Z' })).toEqual({
    at: '1993-01-01T23:59:59.999Z',
    recordedAt: '2026-01-01T00:00:00Z',
  });
  expect(() => pastAsked({ known: '1993-02-29' })).toThrow('There is no day');
});

it.each([
  '1993-02-29',
  '1993-00-01',
  '1993-13-01',
  '1993-1-1',
  'yesterday',
  '1993-01-01T25:00:00Z',
  '1993-02-30T00:00:00Z',
  '1993-01-01T09:30:00+01:00',
])('refuses %s', (text) => {
  expect(() => fromMoment(text)).toThrow(/no day|not a day/);
  expect(() => toMoment(text)).toThrow(/no day|not a day/);
});

it.each([
  ['2021-01-02', '2021-01-01'],
  ['2021-01-02T00:00:00Z', '2021-01-01'],
  ['2021-01-03', '2021-01-01'],
  ['2021-01-01', '2020-12-31T23:59:59.999Z'],
  ['2021-01-01T09:30:00Z', '2021-01-01T09:29:59Z'],
])('refuses the range from %s to %s, which ends before it begins', (from, to) => {
  expect(() => momentRange(from, to)).toThrow('ends before it begins');
});

it('takes a range of one day, of a part of a day, of nothing, and one that is open', () => {
  expect(momentRange('2021-01-01', '2021-01-01')).toEqual({ from: '2021-01-01T00:00:00.000Z', to: '2021-01-02T00:00:00.000Z' });
  expect(momentRange('2021-01-01T23:00:00Z', '2021-01-01')).toEqual({ from: '2021-01-01T23:00:00Z', to: '2021-01-02T00:00:00.000Z' });
  expect(momentRange('2021-01-01', '2021-01-01T00:00:00Z')).toEqual({ from: '2021-01-01T00:00:00.000Z', to: '2021-01-01T00:00:00Z' });
  expect(momentRange(undefined, '2021-01-01')).toEqual({ from: undefined, to: '2021-01-02T00:00:00.000Z' });
});

it('shows a moment without what is zero', () => {
  expect(shownMoment('1993-01-01T00:00:00.000Z')).toBe('1993-01-01');
  expect(shownMoment('2026-11-21T09:30:07.123Z')).toBe('2026-11-21 09:30:07');
});
