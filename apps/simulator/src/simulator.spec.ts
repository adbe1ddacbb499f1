import { regressions } from './regressions.js';

import.meta.jest.setTimeout(900_000);

// The timers come first: what is loaded before them would be bound to the real ones.
await import('./virtual-time.js');
const { simulate, summary, unseen } = await import('./simulate.js');
const { runSchedule } = await import('./schedule.js');

const SCHEDULES = 2_000;

it(`finds nothing in ${SCHEDULES} schedules, and has seen every operation, fault and recorded refusal in them`, async () => {
  const { sum, failed } = await simulate({ firstSeed: 1, goesOn: (run) => run < SCHEDULES });
  process.stdout.write(`${summary(sum).join('\n')}\n`);
  expect(failed && { seed: failed.seed, found: failed.found }).toBeNull();
  expect(unseen(sum)).toEqual([]);
});

it('runs the same history from the same seed, byte for byte', async () => {
  for (const seed of [7, 77, 777]) {
    const [once, again] = [await runSchedule(seed), await runSchedule(seed)];
    expect(again.log).toEqual(once.log);
    expect(again.journals).toEqual(once.journals);
    expect(once.journals.flat().length).toBeGreaterThan(10);
  }
});

it('runs another history from another seed', async () => {
  expect((await runSchedule(1)).log).not.toEqual((await runSchedule(2)).log);
});

it('finds nothing any more where it once found something', async () => {
  for (const { seed } of regressions) expect({ seed, found: (await runSchedule(seed)).found }).toEqual({ seed, found: [] });
});
