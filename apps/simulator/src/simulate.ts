import { holdStatuses } from '@mizan/ledger';
import { faultKinds } from './machine.js';
import { type Outcome, realParts, runSchedule } from './schedule.js';
import { Tally } from './tally.js';
import type { Parts } from './writing-instance.js';

export interface Simulation {
  /** The first seed; the next schedules follow from the next seeds. */
  readonly firstSeed: number;
  /** Whether to go on, after so many schedules. */
  readonly goesOn: (schedules: number) => boolean;
  readonly parts?: () => Parts;
  /** After each schedule. */
  readonly onSchedule?: (outcome: Outcome, sum: Tally) => void;
}

/** Runs schedules until one fails, or there have been enough. */
export async function simulate({
  firstSeed,
  goesOn,
  parts = realParts,
  onSchedule,
}: Simulation): Promise<{ sum: Tally; failed: Outcome | null }> {
  const sum = new Tally();
  for (let schedules = 0; goesOn(schedules); schedules++) {
    const outcome = await runSchedule(firstSeed + schedules, parts());
    sum.add(outcome.tally);
    onSchedule?.(outcome, sum);
    if (outcome.found.length > 0) return { sum, failed: outcome };
  }
  return { sum, failed: null };
}

const operations = [
  'open',
  'transfer',
  'hold',
  'capture',
  'release',
  'reverse',
  'update',
  'close',
  'reopen',
  'close-period',
  'cancel',
  'group',
];
const recordedCodes = [
  'account_not_found',
  'hold_not_found',
  'entry_not_found',
  'account_closed',
  'account_frozen',
  'insufficient_funds',
  'limit_exceeded',
  'cancelled',
];
const unrecordedCodes = [
  'invalid_amount',
  'invalid_date',
  'same_account',
  'invalid_operation',
  'id_conflict',
  'hold_captured',
  'hold_released',
  'hold_expired',
  'capture_exceeds_hold',
  'reversal_not_divisible',
  'reversal_exceeds_entry',
  'asset_mismatch',
  'period_closed',
  'account_not_empty',
  'balance_overflow',
  'group_failed',
];
const expectedSights: Readonly<Record<string, readonly string[]>> = {
  operations,
  rejections: [...recordedCodes, ...unrecordedCodes],
  faults: faultKinds,
  // Posted and held money count together.
  overflows: ['transfer', 'hold'],
  'look-ups': [
    'lookup not there',
    'lookup spent',
    'entry not there',
    'entry reversed',
    'hold not there',
    ...holdStatuses.map((status) => `hold ${status}`),
  ],
  'event types': ['HoldExpired', 'HoldCaptured', 'HoldReleased', 'PeriodClosed', 'AccountReopened', 'TransferRejected'],
};

/** What a run of many schedules must have seen and has not: it would prove nothing about that. */
export function unseen(sum: Tally): readonly string[] {
  return Object.entries(expectedSights).flatMap(([kind, names]) =>
    names.filter((name) => sum.of(kind, name) === 0).map((name) => `${kind}: ${name}`),
  );
}

export function summary(sum: Tally): readonly string[] {
  const lines = ['submissions', 'operations', 'event types', 'faults', 'rejections', 'overflows', 'look-ups'].map(
    (kind) => `${kind}: ${sum.line(kind)}`,
  );
  return [
    `${sum.of('schedules', 'run')} schedules, ${sum.total('operations')} operations, ${sum.of('events', 'appended')} events`,
    ...lines,
  ];
}
