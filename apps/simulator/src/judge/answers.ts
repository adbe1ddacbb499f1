import type { Attempt, LookedUp, Told } from '../history.js';
import { type Operation, shapeFault } from '../operations.js';
import { groupOutcome } from './groups.js';
import type { Outcome, PlainLedger } from './rules.js';

/** The most that a writer's clock may be wrong, ms. */
export const CLOCK_MS = 2_600;

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
  readonly operation: Operation | null;
  readonly attempt: Attempt;
  readonly isNew: boolean;
}

export interface Heard {
  readonly claims: readonly Claim[];
  readonly named: readonly Named[];
  readonly faults: readonly string[];
}

/** Sorts what the callers of a ledger were told by how it can be proved. */
export function hear(attempts: readonly Attempt[]): Heard {
  const claims: Claim[] = [];
  const named: Named[] = [];
  const faults: string[] = [];
  for (const attempt of attempts) {
    attempt.told?.forEach((told, place) => {
      const question = attempt.questions[place]!;
      const window = { from: attempt.sentAtVersion, to: attempt.answeredAtVersion };
      if (question.kind === 'lookup') {
        const { event, position } = told as LookedUp;
        if (event !== null) named.push({ position: position!, event, operation: null, attempt, isNew: false });
        else claims.push({ ...window, said: `the id ${question.id} was unspent`, holds: ({ spent }) => !spent.has(question.id) });
        return;
      }
      const { operation } = question;
      hearOne(operation, told as Told, attempt, { claims, named, faults });
    });
  }
  return { claims, named, faults };
}

interface Notes {
  readonly claims: Claim[];
  readonly named: Named[];
  readonly faults: string[];
}

function hearOne(operation: Operation, told: Told, attempt: Attempt, { claims, named, faults }: Notes): void {
  const members = (operation.operations as Operation[] | undefined) ?? [operation];
  const shapeless = members.map((member) => shapeFault(member, attempt.sentAt)).find((fault) => fault !== null);
  if (shapeless !== undefined || told.misread) {
    const expected = operation.op === 'group' ? 'group_failed' : shapeless;
    if (!told.misread || told.code !== expected) faults.push(`${JSON.stringify(operation)} should be ${expected} and is ${told.code}`);
    return;
  }
  const tellings = operation.op === 'group' ? told.members : [told];
  tellings.forEach(({ event, position, replayed }, place) => {
    if (event !== null) named.push({ position: position!, event, operation: members[place]!, attempt, isNew: !replayed });
  });
  const isNew = tellings.some(({ event, replayed }) => event !== null && !replayed);
  if (isNew) return;
  const said = `${JSON.stringify(operation)} was ${told.replayed ? 'replayed ' : ''}${told.code ?? told.status}`;
  const holds = (ledger: PlainLedger): boolean =>
    moments(attempt, ledger).some((now) =>
      operation.op === 'group' ? groupAgrees(ledger, members, told, now) : agrees(outcomeAt(ledger, operation, now), told),
    );
  claims.push({ from: attempt.sentAtVersion, to: attempt.answeredAtVersion, said, holds });
}

/** The times at which it may have been decided. */
function moments({ sentAt, answeredAt }: Attempt, { time }: PlainLedger): number[] {
  return [...new Set([sentAt - CLOCK_MS, sentAt, answeredAt, answeredAt + CLOCK_MS].map((moment) => Math.max(time, moment)))];
}

/** What the writer would come to: it expires what is due on the accounts first. */
function outcomeAt(ledger: PlainLedger, operation: Operation, now: number): Outcome {
  return cleared(ledger, [operation], now).outcome(operation, now);
}

function cleared(ledger: PlainLedger, operations: readonly Operation[], now: number): PlainLedger {
  const due = operations.flatMap((operation) => ledger.dueFor(operation, now));
  if (due.length === 0) return ledger;
  const copy = ledger.copy();
  for (const { id } of due) {
    const hold = copy.holds.get(id)!;
    if (hold.status === 'placed') copy.expire(hold, copy.position + 1);
  }
  return copy;
}

function agrees(outcome: Outcome, told: Told): boolean {
  if (outcome.kind === 'replayed') return told.replayed && told.position === outcome.position && told.code === outcome.code;
  return outcome.kind === 'refused' && !outcome.recorded && !told.replayed && told.code === outcome.code;
}

function groupAgrees(ledger: PlainLedger, members: readonly Operation[], told: Told, now: number): boolean {
  const { culprit, done } = groupOutcome(cleared(ledger, members, now), members, now);
  if (culprit === null) return told.status === 'applied' && done.length === 0;
  const blamed = told.members[culprit.place]!;
  return (
    told.code === 'group_failed' &&
    !culprit.recorded &&
    blamed.code === culprit.code &&
    blamed.replayed === culprit.replayed &&
    told.members.every(({ code }, place) => place === culprit.place || code === 'group_failed')
  );
}
