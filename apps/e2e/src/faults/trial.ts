import { setTimeout as sleep } from 'node:timers/promises';
import { inColumns, seconds } from '../columns.js';
import type { Fault } from './fault.js';
import { type Finding, findings } from './outside-check.js';
import type { Stand } from './stand.js';
import { LEDGERS } from './wishes.js';

/** What one trial came to. */
export interface Outcome {
  readonly fault: string;
  readonly acknowledged: number;
  readonly lost: number;
  readonly doubled: number;
  /** Tries of clients that ended unknown, or were refused for now. */
  readonly unknown: number;
  readonly refused: number;
  /** From the end of the fault's cause to the first acknowledgement, in every ledger, of what was sent after it, ms. */
  readonly recoveryMs: number;
  /** From there to read models that show it, ms. */
  readonly levelMs: number;
  readonly findings: readonly Finding[];
}

/** Acknowledged before a fault strikes, and after it is over. */
const BEFORE = 60;
const AFTER = 120;

/** Strikes with all of the faults at once while clients post, waits for the recovery, and then for quiet to check everything from outside. */
export async function tryOut(stand: Stand, faults: readonly Fault[], pauseMs: () => number = () => 0): Promise<Outcome> {
  const { clients } = stand;
  const first = clients.acknowledged.length;
  const tries = { ...clients.tries };
  clients.start();
  await clients.acknowledge(BEFORE);
  const excused = new Set(faults.flatMap(({ excuses = [] }) => excuses));
  const ends = await Promise.all(faults.map((fault) => sleep(pauseMs()).then(() => fault.strike(stand))));
  const over = Math.max(...ends);
  const recovered = await Promise.all(LEDGERS.map((ledger) => clients.acknowledgedAfter(over, ledger)));
  await stand.level();
  const levelAt = performance.now();
  await clients.acknowledge(AFTER);
  await clients.pause();
  await stand.quiet();
  for (const answer of excused) clients.surprises.delete(answer);
  const found = await findings(stand.adminUrl, stand.target, clients);
  const count = (finding: string): number => found.filter((each) => each.finding === finding).length;
  const outcome = {
    fault: faults.map(({ name }) => name).join(' + '),
    acknowledged: clients.acknowledged.length - first,
    lost: count('lost'),
    doubled: count('doubled'),
    unknown: clients.tries.unknown - tries.unknown,
    refused: clients.tries.refused - tries.refused,
    recoveryMs: Math.max(...recovered.map(({ at }) => at)) - over,
    levelMs: levelAt - over,
    findings: found,
  };
  clients.surprises.clear();
  return outcome;
}

const columns = ['fault', 'acknowledged', 'lost', 'doubled', 'tries unknown', 'tries refused', 'recovery', 'read models level'] as const;

/** As a table in Markdown, one line for each. */
export function table(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ fault, acknowledged, lost, doubled, unknown, refused, recoveryMs, levelMs }) =>
    [fault, acknowledged, lost, doubled, unknown, refused, seconds(recoveryMs), seconds(levelMs)].map(String),
  );
  return inColumns(columns, rows);
}
