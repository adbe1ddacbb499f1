// Before anything that has timers: from here on they can be those of a virtual time.
import './virtual-time.js';
import { type Options, USAGE, readOptions } from './options.js';
import type { Outcome } from './schedule.js';
import { simulate, summary } from './simulate.js';
import type { Tally } from './tally.js';

const SCHEDULES = 2_000;
const TOLD_EVERY_MS = 10_000;
const LAST_STEPS = 40;

const { minutes, schedules, seed } = optionsGiven();
const replay = seed !== null && minutes === null && schedules === null;
const firstSeed = seed ?? Date.now();
const started = performance.now();
let toldAt = started;

// What nobody in the simulated code waits for, and fails, must not hide which schedule it was.
let running = firstSeed;
process.on('unhandledRejection', (error) => {
  console.error(`Seed ${running} fails: a promise that nobody waits for was rejected.`, error);
  process.exit(1);
});

console.log(replay ? `Seed ${firstSeed}` : `From seed ${firstSeed} on`);
const { sum, failed } = await simulate({ firstSeed, goesOn, onSchedule: tell });
for (const line of summary(sum)) console.log(line);
if (failed) report(failed);
else console.log(`Nothing was found in ${seconds()} s.`);
process.exitCode = failed ? 1 : 0;

function goesOn(run: number): boolean {
  running = firstSeed + run;
  if (replay) return run < 1;
  return minutes === null ? run < (schedules ?? SCHEDULES) : performance.now() - started < minutes * 60_000;
}

function tell({ log }: Outcome, soFar: Tally): void {
  if (replay) for (const line of log) console.log(line);
  if (performance.now() - toldAt < TOLD_EVERY_MS) return;
  toldAt = performance.now();
  console.log(
    `${seconds()} s: ${soFar.of('schedules', 'run')} schedules, ${soFar.total('operations')} operations, ${soFar.total('faults')} faults`,
  );
}

function report({ seed: failing, found, log }: Outcome): void {
  if (!replay) for (const line of log.slice(-LAST_STEPS)) console.log(line);
  console.log(`\nSeed ${failing} fails:`);
  for (const line of found) console.log(`  ${line}`);
  console.log(`\nnpm run simulate -- --seed ${failing}   tells all that happened. Keep the seed in apps/simulator/src/regressions.ts.`);
}

function seconds(): number {
  return Math.round((performance.now() - started) / 1000);
}

/** Ends the process where nothing is to be run. */
function optionsGiven(): Options {
  try {
    const options = readOptions(process.argv.slice(2));
    if (!options.help) return options;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}
