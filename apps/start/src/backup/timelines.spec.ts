import { branchesOf, isOnLine, timelineOf, walPlace } from './timelines.js';

const history = ['1\t0/18000000\tno recovery target specified', '', '2\t0/12000000\tafter transaction 17', ''].join('\n');
const on = (timeline: number, place: string): boolean => isOnLine({ timeline, at: walPlace(place) }, 3, branchesOf(history));

it('reads places and timelines as PostgreSQL writes them', () => {
  expect(walPlace('2/1A')).toBe(0x2_0000_001an);
  expect(timelineOf('0000000A0000000000000003')).toBe(10);
  expect(branchesOf(history)).toEqual([
    { timeline: 1, leftAt: 0x18000000n },
    { timeline: 2, leftAt: 0x12000000n },
  ]);
});

it('knows what a restore has left, also where a later one went back behind an earlier one', () => {
  expect(on(1, '0/11000000')).toBe(true);
  expect(on(1, '0/12000000')).toBe(true);
  expect(on(1, '0/12000001')).toBe(false);
  expect(on(2, '0/19000000')).toBe(false);
  expect(on(3, '0/12000001')).toBe(true);
});

it('has one line where nothing was ever restored', () => {
  expect(isOnLine({ timeline: 1, at: 5n }, 1, [])).toBe(true);
});
