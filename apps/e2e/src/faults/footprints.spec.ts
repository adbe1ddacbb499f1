import { openSync, closeSync } from 'node:fs';
import { type Footprint, footprintOf, footprintTable, leaks } from './footprints.js';

const steady = (count: number): Footprint[] =>
  Array.from({ length: count }, (_, nr) => ({ memory: 100 + (nr % 7) * 10, descriptors: 40 + (nr % 5) }));
const growing = (kind: keyof Footprint, by: number): Footprint[] =>
  steady(330).map((sample, nr) => ({ ...sample, [kind]: sample[kind] + (by * nr) / 330 }));
const of = (samples: readonly Footprint[]) => [{ service: 'accounts', samples }];

describe('what a service takes of the machine', () => {
  it('may go up and down, and grow while it warms up', () => {
    expect(leaks(of(steady(330)))).toEqual([]);
    const warming = Array.from({ length: 30 }, (_, nr) => ({ memory: nr * 3, descriptors: nr }));
    expect(leaks(of([...warming, ...steady(300)]))).toEqual([]);
    expect(leaks(of(growing('descriptors', 40)))).toEqual([]);
  });

  it('may not grow on and on within one process', () => {
    expect(leaks(of(growing('descriptors', 80)))).toEqual([
      expect.stringMatching(/^accounts: descriptors grew by \d\d in one process, over the bound of 32$/),
    ]);
    expect(leaks(of(growing('memory', 130)))).toEqual([
      expect.stringMatching(/^accounts: memory grew by \d\d in one process/),
      expect.stringMatching('250'),
    ]);
  });

  it('is judged by each process alone: one that took the place of another begins anew', () => {
    const [before, after] = [steady(100), steady(100).map((sample) => ({ ...sample, descriptors: sample.descriptors + 100 }))];
    const lives = [...of(before), ...of(after)];
    expect(leaks(lives)).toEqual([]);
    expect(footprintTable(lives).split('\n').slice(2)).toEqual([
      '| accounts |  memory, MB |         2 |   100 |    130 |  110 |                  0 |',
      '| accounts | descriptors |         2 |    40 |    140 |  144 |                  0 |',
    ]);
  });

  it('never passes what is promised', () => {
    expect(leaks(of([{ memory: 251, descriptors: 1 }]))).toEqual(['accounts: 251 MB resident, over the 250 that are promised']);
  });

  const linux = process.platform === 'linux' ? it : it.skip;
  linux('is read from the system', () => {
    const before = footprintOf(process.pid)!;
    const open = Array.from({ length: 10 }, () => openSync('/dev/null', 'r'));
    expect(footprintOf(process.pid)!.descriptors).toBe(before.descriptors + 10);
    for (const descriptor of open) closeSync(descriptor);
    expect(before.memory).toBeGreaterThan(1);
    expect(footprintOf(2 ** 30)).toBeNull();
  });
});
