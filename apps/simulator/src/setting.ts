import type { AppendLimits } from '@mizan/event-store';
import type { Dice } from './dice.js';
import type { FaultKind } from './machine.js';

/** What one schedule is like. */
export interface Setting {
  readonly ledgers: number;
  readonly writers: number;
  readonly readers: number;
  readonly callers: number;
  readonly submissionsPerCaller: number;
  readonly bus: 'kafka' | 'feed';
  readonly bounds: { readonly maxOpen: number; readonly idleMs: number };
  readonly startMs: number;
  /** What one append to the store may hold. */
  readonly limits: AppendLimits;
  /** Nothing goes wrong between the writers and what they call: their promises about time hold. */
  readonly undisturbed: boolean;
  readonly odds: Readonly<Partial<Record<FaultKind, number>>>;
}

/** The most often that each may strike. Crashes, pauses, lost leases and jumps of the clock: at each step of the mischief; all else: at each call or message. */
const worst: Readonly<Record<FaultKind, number>> = {
  'call lost': 0.06,
  'answer lost': 0.06,
  'slow call': 0.02,
  'append arrives late': 0.12,
  'store busy': 0.08,
  crash: 0.25,
  'crash in a call': 0.015,
  pause: 0.15,
  'lease lost': 0.3,
  'clock jump': 0.15,
  'message dropped': 0.3,
  'message doubled': 0.3,
  'messages shuffled': 0.4,
  'bus silent': 0.3,
};

/** What goes wrong on the way from the journal to readers, and no writer notices. */
const behindTheWriters: readonly FaultKind[] = ['message dropped', 'message doubled', 'messages shuffled', 'bus silent'];

/** Some kinds of fault and not others, so that each has schedules in which it is not drowned by the rest. */
export function settingOf(dice: Dice): Setting {
  const odds: Partial<Record<FaultKind, number>> = {};
  const undisturbed = dice.chance(0.1);
  for (const [kind, most] of Object.entries(worst) as [FaultKind, number][])
    if (dice.chance(0.55) && !(undisturbed && !behindTheWriters.includes(kind))) odds[kind] = (most * dice.between(1, 10)) / 10;
  const hour = dice.chance(0.3) ? 23 * 3600 + 59 * 60 + dice.between(50, 59) : dice.between(0, 86_000);
  return {
    ledgers: dice.pick([1, 1, 1, 2, 3]),
    writers: dice.pick([1, 2, 2]),
    readers: dice.pick([1, 1, 2]),
    callers: dice.between(1, 4),
    submissionsPerCaller: dice.between(4, 14),
    bus: dice.pick(['kafka', 'kafka', 'kafka', 'feed']),
    bounds: undisturbed || dice.chance(0.5) ? { maxOpen: 256, idleMs: 600_000 } : { maxOpen: 1, idleMs: 1_500 },
    undisturbed,
    startMs: Date.UTC(2026, 2, 10) + hour * 1000,
    odds,
    // A dozen events: above the largest group there is here, and below what a flush of some callers has.
    limits: { events: dice.chance(0.5) ? 8_192 : 12, bytes: 4 * 1024 * 1024 },
  };
}
