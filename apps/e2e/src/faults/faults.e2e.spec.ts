import { type Outcome, table, tryOut } from './trial.js';
import { faultsOn } from './faults.js';
import { testBus } from '@mizan/testing';
import { appendFile, copyFile } from 'node:fs/promises';
import { byRecomputing, inSql } from './outside-check.js';
import { Stand } from './stand.js';

const outcomes: Outcome[] = [];
let stand: Stand;
beforeAll(async () => {
  stand = await Stand.start(1, testBus());
}, 120_000);
afterAll(async () => {
  await stand?.stop();
  process.stdout.write(`\n${table(outcomes)}\n`);
}, 60_000);

for (const fault of faultsOn(testBus())) {
  const lacking = (await fault.lacking?.()) ?? null;
  const possible = lacking === null ? it : it.skip;
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

// A check that finds nothing proves something only if it finds what is there.
const ENTRIES = `event::jsonb ->> 'type' = 'EntryPosted'`;
const planted: [string, string][] = [
  ['lost', `DELETE FROM journal.events WHERE ${ENTRIES}`],
  ['doubled', copyOfLast(1, 'event')],
  ['invented', copyOfLast(1, `jsonb_set(event::jsonb, '{data,command,id}', '"nobody"')::text`)],
  ['gap', copyOfLast(2, 'event')],
  ['changed', changeOfAll(`'{data,command,amount}', '"1"'`)],
  ['not zero', changeOfAll(`'{data,postings,0,amount}', '"1"'`)],
  ['below its floor', changeOfAll(`'{data,postings,0,amount}', '"100000000"'`)],
  ['time is wrong', changeOfAll(`'{recordedAt}', '"2020-01-01T00:00:00.000Z"'`)],
  ['read model', `UPDATE accounts.accounts SET debits_posted = debits_posted + 1 WHERE id = 'clients:1'`],
  ['read model', `DELETE FROM accounts.postings WHERE position = (SELECT max(position) FROM accounts.postings)`],
  ['read model', `UPDATE accounts.holds SET status = 'placed' WHERE status = 'captured'`],
];
it.each(planted)('finds what is planted in SQL: %s', async (finding, plant) => {
  const superuser = 'ALTER TABLE journal.events DISABLE TRIGGER append_only;';
  const found = await inSql(stand.adminUrl, stand.clients, `${superuser} ${plant}`);
  expect(found.map((each) => each.finding)).toContain(finding);
});

it('finds by recomputing what the journal does not hold, or holds otherwise', async () => {
  const { clients, directory, target } = stand;
  const file = `${directory}/planted.ndjson`;
  await copyFile(clients.file, file);
  const real = clients.acknowledged.find(({ outcome }) => outcome === 'applied')!;
  const lines = [
    { ...real, id: 'nobody' },
    { ...real, position: real.position! + 1 },
    { ...real, outcome: 'rejected' },
  ];
  await appendFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  expect((await byRecomputing(target, file)).map(({ finding }) => finding)).toEqual(['lost', 'changed', 'refused, yet applied']);
});

/** @param beyond the end of the journal, events. */
function copyOfLast(beyond: number, event: string): string {
  return `INSERT INTO journal.events SELECT DISTINCT ON (stream) stream, last + ${beyond}, ${event} FROM journal.events
    JOIN (SELECT stream, max(version) AS last FROM journal.events GROUP BY stream) AS ends USING (stream)
    WHERE ${ENTRIES} ORDER BY stream, version DESC`;
}
function changeOfAll(change: string): string {
  return `UPDATE journal.events SET event = jsonb_set(event::jsonb, ${change}, false)::text WHERE ${ENTRIES}`;
}
