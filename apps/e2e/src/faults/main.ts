// The long form: faults in random order, up to three at once, for so many minutes. The same seed makes the same choices.
import { parseArgs } from 'node:util';
import type { Fault } from './fault.js';
import { faults } from './faults.js';
import { type Chance, between, chance, shuffled } from './random.js';
import { Stand } from './stand.js';
import { type Outcome, table, tryOut } from './trial.js';

const USAGE = 'npm run faults -- [--minutes N] [--seed N] [--only <part of a name>]';
const MOST_AT_ONCE = 3;
/** How long after the first of them the last of several faults may strike, ms. */
const LONGEST_PAUSE_MS = 4_000;

const { minutes, seed, only } = readOptions();
const draw = chance(seed);
const possible = await whatCanBeTried();
console.log(`Seed ${seed}, ${minutes} minutes, ${possible.length} kinds of faults`);

const stand = await Stand.start(seed);
const outcomes: Outcome[] = [];
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
    if (outcome.findings.length > 0) break;
  }
} finally {
  console.log(`\n${table(outcomes)}`);
  await stand.stop();
}
const failed = outcomes.some(({ findings }) => findings.length > 0);
console.log(failed ? `\nFound with npm run faults -- --seed ${seed}` : `\nNothing was found in ${outcomes.length} trials.`);
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
  for (const fault of faults.filter(({ name }) => name.includes(only))) {
    const lacking = (await fault.lacking?.()) ?? null;
    if (lacking === null) all.push(fault);
    else console.log(`${fault.name}: not tried, ${lacking}`);
  }
  if (all.length === 0) throw new Error(`No fault has ${only} in its name.`);
  return all;
}

function readOptions(): { readonly minutes: number; readonly seed: number; readonly only: string } {
  try {
    const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } } });
    const read = (text: string | undefined, otherwise: number): number => {
      const number = text === undefined ? otherwise : Number(text);
      if (!(number > 0)) throw new Error(`${text} is no positive number.`);
      return number;
    };
    return { minutes: read(values.minutes, 10), seed: read(values.seed, Date.now() % 1_000_000), only: values.only ?? '' };
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    process.exit(2);
  }
}
