import { appendFileSync, readFileSync } from 'node:fs';

/** What a service reads the time from. */
export interface Clock {
  /** Business time, ms since the epoch: when something is recorded, counts, falls due or expires. */
  now(): number;
  /** Real time, ms since the epoch: for tokens, leases, TLS, and the comparison with the database's clock. */
  wallMs(): number;
  /** Real time without jumps, ms from some moment: for pauses and retries. */
  monotonicMs(): number;
  /** How far business time is ahead of real time, ms: 0, except where a clock is moved in development or tests. It never shrinks. */
  aheadMs(): number;
}

export const realClock: Clock = {
  now: () => Date.now(),
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  aheadMs: () => 0,
};

/** How soon every process that reads a moved clock knows of the move, ms. */
export const MOVE_SEEN_WITHIN_MS = 100;
/** How far a clock may be moved in all, ms: a hundred years. */
export const MOST_AHEAD_MS = 36_525 * 86_400_000;
const MOST_MOVES = 10_000;

/**
 * A clock whose business time is moved forward by a file that every process of a platform reads: each line is one move, in ms. Lines are
 * only ever added, so moves made at the same time all count, and none goes back.
 * @throws Error where the file cannot be read or is damaged; later on the clock keeps what it knew.
 */
export function movableClock(file: string): Clock {
  let ahead = readAhead(file);
  let readAt = performance.now();
  const aheadMs = (): number => {
    const now = performance.now();
    if (now - readAt < MOVE_SEEN_WITHIN_MS / 2) return ahead;
    readAt = now;
    try {
      ahead = Math.max(ahead, readAhead(file));
    } catch {
      // Whoever moves the clock is told of it.
    }
    return ahead;
  };
  return { ...realClock, aheadMs, now: () => Date.now() + aheadMs() };
}

/** How far a file moves the clock, ms. @throws Error where it cannot be read or is damaged. */
export const readAhead = (file: string): number => movesIn(file).reduce((sum, move) => sum + move, 0);

/** Moves the clock of everyone who reads the file. @returns how far ahead it is then, ms. @throws Error where it would go back, stand still, or go too far. */
export function moveClock(file: string, byMs: number): number {
  if (!Number.isSafeInteger(byMs) || byMs <= 0) throw new Error('The clock is moved forward, never back, by whole milliseconds.');
  const moves = movesIn(file);
  if (moves.length >= MOST_MOVES)
    throw new Error(`The clock has been moved ${MOST_MOVES} times, which is the most. Begin anew in another home.`);
  const ahead = moves.reduce((sum, move) => sum + move, byMs);
  if (ahead > MOST_AHEAD_MS) throw new Error('The clock would be more than 100 years ahead, which is the most.');
  appendFileSync(file, `${byMs}\n`);
  return readAhead(file);
}

/** A line that is being written does not count yet. */
function movesIn(file: string): readonly number[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  const damaged = lines.find((line) => !/^[1-9]\d{0,13}$/.test(line));
  if (damaged !== undefined) throw new Error(`${file} is damaged: '${damaged.slice(0, 40)}' is no move of the clock.`);
  return lines.map(Number);
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** As people write it: `3d`, `1d 12h`; what is below a second is left out. */
export function spanText(ms: number): string {
  let left = ms;
  const parts = UNITS.flatMap(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count > 0 ? [`${count}${unit}`] : [];
  });
  return parts.join(' ') || '0s';
}
