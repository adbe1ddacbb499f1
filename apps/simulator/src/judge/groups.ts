import type { Operation } from '../operations.js';
import type { Outcome, PlainLedger } from './rules.js';

/** What a group must come to: done, with what its members did; or refused, for one of them. */
export interface GroupOutcome {
  readonly culprit: { readonly place: number; readonly code: string; readonly recorded: boolean; readonly replayed: boolean } | null;
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

function culpritOf(outcome: Outcome): { code: string; recorded: boolean; replayed: boolean } | null {
  if (outcome.kind === 'refused') return { code: outcome.code, recorded: outcome.recorded, replayed: false };
  return outcome.kind === 'replayed' && outcome.code !== null ? { code: outcome.code, recorded: false, replayed: true } : null;
}
