import type { FeedToken } from '@mizan/event-store';
import { versionInConflict } from './answers.js';
import { positionOf } from './position-token.js';
import { requestSize } from './reading.js';
import { WholeAppends } from './whole-appends.js';

const event = (stream: string, version: number, first: number, count: number, text = `${version}`) => ({
  streamId: stream,
  revision: BigInt(version - 1),
  type: 'text',
  isJson: false,
  data: Buffer.from(text),
  metadata: { first, count },
  position: { commit: BigInt(1000 + version), prepare: BigInt(1000 + version) },
});

test('an append is given with its last event, and its token is that place', () => {
  const appends = new WholeAppends();
  expect(appends.take(event('a', 5, 5, 3))).toBeNull();
  expect(appends.open).toBe(true);
  expect(appends.take(event('a', 6, 5, 3, 'é'))).toBeNull();
  expect(appends.take(event('a', 7, 5, 3))).toEqual({ token: '1007/1007', stream: 'a', first: 5, events: ['5', 'é', '7'], bytes: 4 });
  expect(appends.open).toBe(false);
  expect(appends.take(event('b', 1, 1, 1))).toMatchObject({ stream: 'b', first: 1, events: ['1'] });
});

test.each([
  ['begins in the middle', [event('a', 2, 1, 2)]],
  ['leaves one out', [event('a', 1, 1, 3), event('a', 3, 1, 3)]],
  ['gives one twice', [event('a', 1, 1, 3), event('a', 1, 1, 3)]],
  ['breaks off for another stream', [event('a', 1, 1, 3), event('b', 1, 1, 1)]],
  ['breaks off for another append', [event('a', 1, 1, 3), event('a', 2, 2, 1)]],
])('what %s is said, and not read over', (_, events) => {
  const appends = new WholeAppends();
  for (const each of events.slice(0, -1)) appends.take(each);
  expect(() => appends.take(events.at(-1)!)).toThrow(/does not belong here/);
});

test('a token is a place in the log, and nothing else is a token', () => {
  expect(positionOf(null)).toBeNull();
  expect(positionOf('18/17' as FeedToken)).toEqual({ commit: 18n, prepare: 17n });
  for (const token of ['18', '18/', '/18', '18/17/16', '-1/1', '018/17', '1.5/1', ' 1/1', '1/1\n'])
    expect(() => positionOf(token as FeedToken)).toThrow(RangeError);
});

test('only a wrong version that names the actual one is a conflict', () => {
  const type = 'wrong-expected-version';
  expect(versionInConflict({ type, actualVersion: 4n })).toBe(5);
  expect(versionInConflict({ type, actualState: 4n })).toBe(5);
  expect(versionInConflict({ type, actualVersion: 'no_stream' })).toBe(0);
  for (const error of [
    {},
    { type },
    { type, actualVersion: 2n ** 64n - 1n },
    { type: 'unavailable', actualVersion: 4n },
    { type: 'not-leader' },
    new Error('13 INTERNAL'),
  ])
    expect(versionInConflict(error)).toBeNull();
});

test('a request asks for what fits, by what came so far, within bounds', () => {
  expect(requestSize(0, 0, 1_000_000)).toBe(64);
  expect(requestSize(100, 100_000, 500_000)).toBe(500);
  expect(requestSize(100, 100, 1_000_000)).toBe(2048);
  expect(requestSize(2, 1_600_000, 1_000_000)).toBe(16);
  expect(requestSize(100, 0, 1_000_000)).toBe(2048);
});
