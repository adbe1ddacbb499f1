import { type Outcome, table, tryOut } from './trial.js';
import { faults } from './faults.js';
import { Stand } from './stand.js';

const outcomes: Outcome[] = [];
let stand: Stand;
beforeAll(async () => {
  stand = await Stand.start(1);
}, 120_000);
afterAll(async () => {
  await stand?.stop();
  process.stdout.write(`\n${table(outcomes)}\n`);
}, 60_000);

for (const fault of faults) {
  const lacking = (await fault.lacking?.()) ?? null;
  // On a build machine everything must run.
  const possible = lacking === null || process.env.CI ? it : it.skip;
  possible(
    `${fault.name}: nothing acknowledged is lost, nothing doubled${lacking === null ? '' : ` (${lacking})`}`,
    async () => {
      const outcome = await tryOut(stand, [fault]);
      outcomes.push(outcome);
      expect(outcome.findings).toEqual([]);
    },
    240_000,
  );
}
