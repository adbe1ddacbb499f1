import { openSync, closeSync } from 'node:fs';
import { type Footprint, crowds, footprintOf, footprintTable, leaks } from './footprints.js';

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
    expect(
      footprintTable(lives, [{ role: 'mizan_accounts', samples: [3, 4, 5], most: 12 }])
        .split('\n')
        .slice(2),
    ).toEqual([
      '| accounts        |  memory, MB |         2 |   100 |    130 |  110 |      2 |                  0 |',
      '| accounts        | descriptors |         2 |    40 |    140 |  144 |      2 |                  0 |',
      '| mizan_accounts  | connections |           |     3 |      4 |    5 |      0 |          too short |',
    ]);
  });

  it('may hold connections that come and go, yet not more and more of them, nor more in the end than its pools', () => {
    const busy = Array.from({ length: 330 }, (_, nr) => 4 + (nr % 9));
    const backends = (role: string, samples: readonly number[]) => [{ role, samples, most: role === 'mizan_gateway' ? 4 : 22 }];
    expect(crowds(backends('mizan_accounts', busy))).toEqual([]);
    // A service that dies leaves some behind until the server notices.
    expect(crowds(backends('mizan_accounts', [...busy.slice(0, 100), 24, 24, 24, ...busy]))).toEqual([]);
    expect(
      crowds(
        backends(
          'mizan_transfers',
          busy.map((count, nr) => count + Math.floor(nr / 22)),
        ),
      ),
    ).toEqual(['mizan_transfers: its connections grew by 9, over the bound of 8']);
    expect(
      crowds(
        backends(
          'mizan_gateway',
          busy.map((count) => count - 3),
        ),
      ),
    ).toEqual(['mizan_gateway: 5 connections in the end, over the 4 of its pools']);
  });

  it('never passes what is promised', () => {
    expect(leaks(of([{ memory: 251, descriptors: 1 }]))).toEqual(['accounts: 251 MB resident, over the 250 that are promised']);
    const second = [{ service: 'transfers-2', samples: [{ memory: 251, descriptors: 1 }] }];
    expect(leaks(second)).toEqual(['transfers-2: 251 MB resident, over the 250 that are promised']);
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
