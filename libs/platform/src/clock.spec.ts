import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { MOST_AHEAD_MS, MOVE_SEEN_WITHIN_MS, movableClock, moveClock, readAhead, realClock, spanText } from './clock.js';
import { clock, parseEnvironment } from './environment.js';

const DAY_MS = 86_400_000;
const directory = mkdtempSync(join(tmpdir(), 'clock-'));
afterAll(() => rmSync(directory, { recursive: true }));

let files = 0;
function fileWith(content: string): string {
  const file = join(directory, String((files += 1)));
  writeFileSync(file, content);
  return file;
}

/** Business time, which the clock says between two looks at the machine's. */
function expectAhead({ now }: { now(): number }, ms: number): void {
  const before = Date.now();
  const said = now();
  expect(said).toBeGreaterThanOrEqual(before + ms);
  expect(said).toBeLessThanOrEqual(Date.now() + ms);
}

it('is the real time until it is moved, and then as far ahead as all moves together', () => {
  const file = fileWith('');
  expectAhead(movableClock(file), 0);
  expect(moveClock(file, 3 * DAY_MS)).toBe(3 * DAY_MS);
  expect(moveClock(file, 1)).toBe(3 * DAY_MS + 1);
  expect(readFileSync(file, 'utf8')).toBe('259200000\n1\n');
  expectAhead(movableClock(file), 3 * DAY_MS + 1);
  expect(movableClock(file).aheadMs()).toBe(3 * DAY_MS + 1);
});

it('moves business time alone', () => {
  const moved = movableClock(fileWith(`${DAY_MS}\n`));
  expectAhead({ now: moved.wallMs }, 0);
  expect(Math.abs(moved.monotonicMs() - performance.now())).toBeLessThan(DAY_MS);
});

it('is seen to be moved by those who read it already, and stays where it is when its file shrinks or is gone', async () => {
  const file = fileWith('');
  const [one, other] = [movableClock(file), movableClock(file)];
  const after = async (change: () => void): Promise<number[]> => {
    change();
    await pause(MOVE_SEEN_WITHIN_MS);
    return [one.aheadMs(), other.aheadMs()];
  };
  expect(await after(() => moveClock(file, DAY_MS))).toEqual([DAY_MS, DAY_MS]);
  expect(await after(() => writeFileSync(file, '5\n'))).toEqual([DAY_MS, DAY_MS]);
  expect(await after(() => writeFileSync(file, 'rubbish\n'))).toEqual([DAY_MS, DAY_MS]);
  expect(await after(() => rmSync(file))).toEqual([DAY_MS, DAY_MS]);
});

it('does not count a line that is being written', () => {
  const file = fileWith('1000\n25');
  expect(readAhead(file)).toBe(1_000);
  appendFileSync(file, '00\n');
  expect(readAhead(file)).toBe(3_500);
});

it.each([0, -1, 1.5, NaN, Infinity])('is not moved by %p', (byMs) => {
  const file = fileWith('7\n');
  expect(() => moveClock(file, byMs)).toThrow('forward, never back');
  expect(readFileSync(file, 'utf8')).toBe('7\n');
});

it('is bounded: in how far it goes, and how often', () => {
  expect(() => moveClock(fileWith(`${MOST_AHEAD_MS}\n`), 1)).toThrow('more than 100 years ahead');
  expect(() => moveClock(fileWith('1\n'.repeat(10_000)), 1)).toThrow('moved 10000 times');
});

it.each(['x\n', '-5\n', '1\n\n', '1.5\n', '01\n'])('is not read from a damaged file: %j', (content) => {
  expect(() => movableClock(fileWith(content))).toThrow('is no move of the clock');
});

describe('of a service', () => {
  const read = (variables: Record<string, string>) => parseEnvironment({ MOVABLE_CLOCK_FILE: clock }, variables).MOVABLE_CLOCK_FILE;

  it('is the machine’s unless a file is named, in production too', () => {
    expect(read({})).toBe(realClock);
    expect(read({ NODE_ENV: 'production' })).toBe(realClock);
    expect(read({ MOVABLE_CLOCK_FILE: fileWith('60000\n') }).aheadMs()).toBe(60_000);
  });

  it('refuses in production, in one line', () => {
    expect(() => read({ MOVABLE_CLOCK_FILE: fileWith(''), NODE_ENV: 'production' })).toThrow(
      /\n {2}MOVABLE_CLOCK_FILE is set, and NODE_ENV is production, where no clock is moved: unset MOVABLE_CLOCK_FILE\.$/,
    );
  });

  it('refuses a file that it cannot read', () => {
    expect(() => read({ MOVABLE_CLOCK_FILE: join(directory, 'none') })).toThrow(/MOVABLE_CLOCK_FILE: the clock cannot be read: ENOENT/);
    expect(() => read({ MOVABLE_CLOCK_FILE: fileWith('x\n') })).toThrow(/is damaged/);
  });
});

it.each([
  [0, '0s'],
  [999, '0s'],
  [61_000, '1m 1s'],
  [3 * DAY_MS, '3d'],
  [DAY_MS + 43_200_000, '1d 12h'],
])('%i ms are %s', (ms, text) => expect(spanText(ms)).toBe(text));
