import type { Told } from '../history.js';
import type { Operation } from '../operation.js';
import { type Refusal, groupFailed, reasonOf } from '../refusal.js';
import type { Outcome, PlainLedger } from './plain-ledger.js';

interface Culprit {
  readonly refusal: Refusal;
  readonly recorded: boolean;
  readonly replayed: boolean;
}

/** What a group must come to: done, with what its members did; or refused, for one of them. */
export interface GroupOutcome {
  readonly culprit: (Culprit & { readonly place: number }) | null;
  /** The members that were done now, in order; those done before are not among them. */
  readonly done: readonly Operation[];
}

/** All or nothing, one by one, each seeing the ones before it. */
export function groupOutcome(ledger: PlainLedger, operations: readonly Operation[], now: number): GroupOutcome {
  const draft = ledger.copy();
  const done: Operation[] = [];
  for (const [place, operation] of operations.entries()) {
    const outcome = draft.outcome(operation, now);
    const culprit = culpritOf(outcome);
    if (culprit) return { culprit: { place, ...culprit }, done: [] };
    if (outcome.kind === 'replayed') continue;
    draft.take(operation, outcome, draft.position + 1);
    done.push(operation);
  }
  return { culprit: null, done };
}

function culpritOf(outcome: Outcome): Culprit | null {
  if (outcome.kind === 'refused') return { refusal: outcome.refusal, recorded: outcome.recorded, replayed: false };
  return outcome.kind === 'replayed' && outcome.refusal !== null ? { refusal: outcome.refusal, recorded: false, replayed: true } : null;
}

/** Whether a group was told to have failed for the member at a place, and all its other members to have failed with it. */
export function failedFor(place: number, { status, refusal, members }: Told): boolean {
  const culprit = members[place]?.refusal;
  if (!culprit || status !== 'rejected') return false;
  const fate = reasonOf(groupFailed(place, culprit));
  const fates = [refusal, ...members.filter((_, at) => at !== place).map((member) => member.refusal)];
  return fates.every((told) => told !== null && reasonOf(told) === fate);
}

/** Whether a group was told to be done, and so was each of its members. */
export const allDone = ({ status, members }: Told): boolean =>
  status === 'applied' && members.every((member) => member.status === 'applied');
