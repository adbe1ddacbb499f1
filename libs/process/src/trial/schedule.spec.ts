import { delayedTransfers } from '../ledger-world.fixture.js';
import { planted } from './planted.fixture.js';
import { playSchedule } from './schedule.js';

const SCHEDULES = 10_000;
const ends = [
  'captured, approval none',
  'captured, approval used',
  'released, approval none',
  'released, approval declined',
  'released, approval expired',
  'released, approval given',
  'refused, approval none',
];

describe('a delayed transfer', () => {
  it(`loses nothing and doubles nothing in ${SCHEDULES} schedules`, async () => {
    const seen = new Map<string, number>();
    const subject = delayedTransfers(seen);
    const wrong: string[] = [];
    for (let seed = 1; seed <= SCHEDULES && wrong.length < 5; seed += 1)
      wrong.push(...(await playSchedule(subject, seed)).map((fault) => `seed ${seed}: ${fault}`));
    expect(wrong).toEqual([]);
    // Every end was reached, so each way was tried.
    expect([...seen.keys()]).toEqual(expect.arrayContaining(ends));
  }, 600_000);

  it.each<[mistake: string, found: RegExp]>([
    ['acts before it appends', /was sent before it was recorded/],
    ['makes a new attempt after an unknown answer', /was not refused|the book has of it/],
    ['loses a timer at a takeover', /is not over/],
    ['accepts an approval of changed content', /of changed content/],
  ])('finds a runtime that %s', async (mistake, found) => {
    const faults: string[] = [];
    for (let seed = 1; seed <= 2_000 && !faults.some((fault) => found.test(fault)); seed += 1)
      faults.push(...(await playSchedule(delayedTransfers(new Map()), seed, planted[mistake])));
    expect(faults).toContainEqual(expect.stringMatching(found));
  });
});
