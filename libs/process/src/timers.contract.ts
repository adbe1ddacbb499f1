/// <reference types="jest" />
import type { Timer, Timers } from './ports.js';

export interface TimersUnderTest {
  /** Empty, and nobody else's. */
  readonly timers: Timers;
  close?(): Promise<void>;
}

/** What all timers must hold to. Call it in the adapter's own spec. */
export function describeTimers(name: string, makeTimers: () => Promise<TimersUnderTest>): void {
  describe(`${name} as timers`, () => {
    let timers: Timers;
    let close: TimersUnderTest['close'];
    beforeEach(async () => ({ timers, close } = await makeTimers()));
    afterEach(() => close?.());

    const all = (): Promise<readonly Timer[]> => timers.due(Infinity, 100);
    const row = (process: string, version: number, at: number): Timer => ({ process, version, at });

    test.each([
      ['a later version', 3, [row('p', 3, 20)]],
      ['the same version', 2, [row('p', 2, 20)]],
      ['an earlier version', 1, [row('p', 2, 10)]],
    ])('setting with %s', async (_, version, left) => {
      await timers.set(row('p', 2, 10));
      await timers.set(row('p', version, 20));
      expect(await all()).toEqual(left);
    });

    test.each([
      ['a later version', 3, []],
      ['the same version', 2, []],
      ['an earlier version', 1, [row('p', 2, 10)]],
    ])('clearing at %s', async (_, version, left) => {
      await timers.set(row('p', 2, 10));
      await timers.clear('p', version);
      expect(await all()).toEqual(left);
    });

    it('clears no other process, and what was never set', async () => {
      await timers.set(row('p', 1, 10));
      await timers.clear('q', 9);
      expect(await all()).toEqual([row('p', 1, 10)]);
    });

    it('gives what is due, the moment itself included, the earliest first', async () => {
      for (const [process, at] of [
        ['late', 30],
        ['now', 20],
        ['early', 5],
        ['never', 21],
      ] as const)
        await timers.set(row(process, 1, at));
      expect((await timers.due(20, 100)).map(({ process }) => process)).toEqual(['early', 'now']);
      expect(await timers.due(4, 100)).toEqual([]);
    });

    it('gives no more than asked for', async () => {
      for (let n = 0; n < 7; n += 1) await timers.set(row(`p${n}`, 1, n));
      expect((await timers.due(100, 3)).map(({ process }) => process)).toEqual(['p0', 'p1', 'p2']);
    });

    it('keeps what was given until it is set anew or cleared', async () => {
      await timers.set(row('p', 1, 10));
      await timers.set(row('q', 1, 11));
      expect(await timers.due(20, 10)).toHaveLength(2);
      expect(await timers.due(20, 10)).toHaveLength(2);
      await timers.set(row('p', 1, 30));
      await timers.clear('q', 1);
      expect(await timers.due(20, 10)).toEqual([]);
    });

    it('holds moments in ms, far away ones too', async () => {
      const far = Date.UTC(2126, 0, 1, 0, 0, 0, 1);
      await timers.set(row('p', Number.MAX_SAFE_INTEGER, far));
      expect(await timers.due(far - 1, 1)).toEqual([]);
      expect(await timers.due(far, 1)).toEqual([row('p', Number.MAX_SAFE_INTEGER, far)]);
    });

    it('lets several write one process at once, and the latest version stays', async () => {
      await Promise.all(Array.from({ length: 20 }, (_, n) => timers.set(row('p', n + 1, 100 - n))));
      expect(await all()).toEqual([row('p', 20, 81)]);
    });
  });
}
