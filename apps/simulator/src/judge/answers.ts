import type { Attempt, LookedUp, Told } from '../history.js';
import { shapeFault } from '../misshapen.js';
import { type Operation, membersOf } from '../operation.js';
import { type Refusal, groupFailed, reasonOf } from '../refusal.js';
import { CLOCK_MS } from './clock.js';
import { allDone, failedFor, groupOutcome } from './groups.js';
import { standingOf } from './look-ups.js';
import type { Outcome, PlainLedger } from './plain-ledger.js';

/** An answer that no event bears witness to: it must be right at one of the lengths the journal had while it was asked. */
export interface Claim {
  readonly from: number;
  readonly to: number;
  readonly said: string;
  readonly holds: (ledger: PlainLedger) => boolean;
}

/** An answer that names an event. */
export interface Named {
  readonly position: number;
  readonly event: string;
  /** What was asked, and what was said of it; null for a look-up. */
  readonly about: { readonly operation: Operation; readonly told: Told } | null;
  readonly attempt: Attempt;
  readonly isNew: boolean;
}

export interface Heard {
  readonly claims: Claim[];
  readonly named: Named[];
  readonly faults: string[];
}

/** Sorts what the callers of a ledger were told by how it can be proved. */
export function hear(attempts: readonly Attempt[]): Heard {
  const heard: Heard = { claims: [], named: [], faults: [] };
  for (const attempt of attempts) {
    attempt.told?.forEach((told, place) => {
      const question = attempt.questions[place]!;
      const window = { from: attempt.sentAtVersion, to: attempt.answeredAtVersion };
      if (question.kind !== 'operation') {
        const { event, position, standing } = told as LookedUp;
        if (event !== null) heard.named.push({ position: position!, event, about: null, attempt, isNew: false });
        heard.claims.push({
          ...window,
          said: `the ${question.kind === 'lookup' ? 'id' : question.kind} ${question.id} was ${standing ?? 'not there'}`,
          holds: (ledger) => moments(attempt, ledger).some((now) => standingOf(question, ledger, now) === standing),
        });
        return;
      }
      hearOne(question.operation, told as Told, attempt, heard);
    });
  }
  return heard;
}

function hearOne(operation: Operation, told: Told, attempt: Attempt, { claims, named, faults }: Heard): void {
  const members = membersOf(operation);
  const isGroup = operation.op === 'group';
  const said = `${JSON.stringify(operation)} was ${gistOf(told)}`;
  const shapeless = shapelessness(members, isGroup, attempt.sentAt);
  if (shapeless || told.misread) {
    const expected = shapeless && reasonOf(shapeless);
    if (!told.misread || !told.refusal || reasonOf(told.refusal) !== expected) faults.push(`${said}, and should be ${expected ?? 'read'}`);
    return;
  }
  const tellings = isGroup ? told.members : [told];
  tellings.forEach((one, place) => {
    const { event, position, replayed } = one;
    const about = { operation: members[place]!, told: one };
    if (event !== null) named.push({ position: position!, event, about, attempt, isNew: !replayed });
  });
  const newest = tellings.findIndex(({ event, replayed }) => event !== null && !replayed);
  if (newest >= 0) {
    if (isGroup && !allDone(told) && !failedFor(newest, told)) faults.push(`${said}, which is neither done nor refused as a whole`);
    return;
  }
  const holds = (ledger: PlainLedger): boolean =>
    moments(attempt, ledger).some((now) => {
      const cleared = clearedFor(members, ledger, now);
      return isGroup ? groupAgrees(cleared, members, told, now) : agrees(cleared.outcome(operation, now), told);
    });
  claims.push({ from: attempt.sentAtVersion, to: attempt.answeredAtVersion, said, holds });
}

/** What something is to be refused for before any writer sees it, or null. */
function shapelessness(members: readonly Operation[], isGroup: boolean, sentAt: number): Refusal | null {
  const faults = members.map((member) => shapeFault(member, sentAt));
  const culprit = faults.findIndex((fault) => fault !== null);
  const fault = faults[culprit] ?? null;
  return fault && isGroup ? groupFailed(culprit, fault) : fault;
}

const gistOf = ({ replayed, refusal, status, members }: Told): string => {
  const inside = members.length > 0 ? ` (${members.map(gistOf).join(', ')})` : '';
  return `${replayed ? 'replayed ' : ''}${refusal ? reasonOf(refusal) : status}${inside}`;
};

/** The times at which it may have been decided. */
function moments({ sentAt, answeredAt }: Attempt, { time }: PlainLedger): number[] {
  return [...new Set([sentAt - CLOCK_MS, sentAt, answeredAt, answeredAt + CLOCK_MS].map((moment) => Math.max(time, moment)))];
}

/** The ledger as the writer sees it when it decides these: what is due on their accounts has expired. */
function clearedFor(operations: readonly Operation[], ledger: PlainLedger, now: number): PlainLedger {
  const due = ledger.dueFor(operations, now);
  if (due.length === 0) return ledger;
  const copy = ledger.copy();
  for (const { id } of due) copy.expire(copy.holds.get(id)!, copy.position + 1);
  return copy;
}

const sameReason = (one: Refusal | null, other: Refusal | null): boolean =>
  one === null || other === null ? one === other : reasonOf(one) === reasonOf(other);

function agrees(outcome: Outcome, { replayed, position, refusal }: Told): boolean {
  if (outcome.kind === 'replayed') return replayed && position === outcome.position && sameReason(refusal, outcome.refusal);
  return outcome.kind === 'refused' && !outcome.recorded && !replayed && sameReason(refusal, outcome.refusal);
}

function groupAgrees(ledger: PlainLedger, members: readonly Operation[], told: Told, now: number): boolean {
  const { culprit, done } = groupOutcome(ledger, members, now);
  if (culprit === null) return allDone(told) && done.length === 0;
  const blamed = told.members[culprit.place];
  return (
    !culprit.recorded &&
    failedFor(culprit.place, told) &&
    blamed!.replayed === culprit.replayed &&
    sameReason(blamed!.refusal, culprit.refusal)
  );
}
