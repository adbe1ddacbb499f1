// The long form: faults in random order, up to three at once, for so many minutes. The same seed makes the same choices.
// What the services take of the machine and of PostgreSQL is looked at all the while; in the end, how far they are behind.
import { parseArgs } from 'node:util';
import { type Chance, between, chance, shuffled } from '@mizan/process/trial';
import type { Bus, Fault } from './fault.js';
import { faultsOn } from './faults.js';
import { Footprints, LONG_ENOUGH_MS, crowds, footprintTable, leaks } from './footprints.js';
import { type Lags, behind, lagTable, watchLags, watchLagsEnd } from './lags.js';
import { Stand } from './stand.js';
import { type Outcome, table, tryOut } from './trial.js';

const USAGE = 'npm run faults -- [--minutes N] [--seed N] [--only <part of a name>] [--bus kafka|feed]';
const MOST_AT_ONCE = 3;
/** How long after the first of them the last of several faults may strike, ms. */
const LONGEST_PAUSE_MS = 4_000;

const { minutes, seed, only, bus } = readOptions();
const draw = chance(seed);
const possible = await whatCanBeTried();
console.log(`Seed ${seed}, ${minutes} minutes, ${possible.length} kinds of faults, BUS=${bus}`);

const stand = await Stand.start(seed, bus);
const footprints = new Footprints(stand);
const outcomes: Outcome[] = [];
const lags: Lags[] = [];
// Ctrl-C ends it after the trial that is under way.
let over = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (over = true));
try {
  const until = performance.now() + minutes * 60_000;
  while (!over && performance.now() < until) {
    const outcome = await tryOut(stand, together(possible, draw), () => between(draw, 0, LONGEST_PAUSE_MS));
    outcomes.push(outcome);
    console.log(table([outcome]).split('\n').at(-1));
    for (const { finding, what } of outcome.findings) console.log(`  ${finding}: ${what}`);
    if (outcome.findings.length > 0) over = true;
  }
  // Faults kill services: in the end each is left alone for as long as it takes to tell whether it grows.
  if (!over) {
    stand.clients.start();
    lags.push(...(await watchLags(stand.platform.services, LONG_ENOUGH_MS)));
    await stand.clients.pause();
    await stand.quiet();
    lags.push(...(await watchLagsEnd(stand.platform.services, bus)));
  }
} finally {
  footprints.stop();
  console.log(`\n${table(outcomes)}`);
  await stand.stop();
}
const [grown, backends] = [footprints.all(), footprints.backends()];
console.log(`\n${footprintTable(grown, backends)}`);
if (lags.length > 0) console.log(`\n${lagTable(lags, bus)}`);
const wrong = [
  ...leaks(grown).map((what) => `leak: ${what}`),
  ...crowds(backends).map((what) => `leak: ${what}`),
  ...(lags.length > 0 ? behind(lags, bus) : []).map((what) => `behind: ${what}`),
];
for (const what of wrong) console.log(`  ${what}`);
const failed = outcomes.some(({ findings }) => findings.length > 0) || wrong.length > 0;
console.log(failed ? `\nFound with npm run faults -- --seed ${seed} --bus ${bus}` : `\nNothing was found in ${outcomes.length} trials.`);
process.exitCode = failed ? 1 : 0;

/** One fault or several, no two of which touch the same part. */
function together(all: readonly Fault[], chances: Chance): Fault[] {
  const wanted = between(chances, 1, MOST_AT_ONCE);
  const chosen: Fault[] = [];
  for (const fault of shuffled(chances, all)) {
    const isApart = chosen.every(({ touches }) => !touches.some((part) => fault.touches.includes(part)));
    if (chosen.length < wanted && isApart) chosen.push(fault);
  }
  return chosen;
}

async function whatCanBeTried(): Promise<Fault[]> {
  const all: Fault[] = [];
  for (const fault of faultsOn(bus).filter(({ name }) => name.includes(only))) {
    const lacking = (await fault.lacking?.()) ?? null;
    if (lacking === null) all.push(fault);
    else console.log(`${fault.name}: not tried, ${lacking}`);
  }
  if (all.length === 0) throw new Error(`No fault has ${only} in its name.`);
  return all;
}

function readOptions(): { readonly minutes: number; readonly seed: number; readonly only: string; readonly bus: Bus } {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({ options: { minutes: text, seed: text, only: text, bus: text } });
    const read = (value: string | undefined, otherwise: number): number => {
      const number = value === undefined ? otherwise : Number(value);
      if (!(number > 0)) throw new Error(`${value} is no positive number.`);
      return number;
    };
    const { bus = 'kafka', only = '' } = values;
    if (bus !== 'kafka' && bus !== 'feed') throw new Error(`${bus} is no bus.`);
    return { minutes: read(values.minutes, 10), seed: read(values.seed, Date.now() % 1_000_000), only, bus };
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    process.exit(2);
  }
}
