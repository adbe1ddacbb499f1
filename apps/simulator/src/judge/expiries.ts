import type { Attempt, Question } from '../history.js';
import { type Operation, membersOf } from '../operation.js';
import { CLOCK_MS } from './clock.js';
import type { Written } from './journal.js';
import type { PlainHold } from './movements.js';
import type { PlainLedger } from './plain-ledger.js';

/** A hold expires so long after it was due, at the most, where nothing stands in its writer's way, ms. */
export const PROMPT_MS = 1_000;

/**
 * Why it was not this hold's turn to expire, or null. The longest due goes first: of all, or of those on the accounts
 * of a command that waits for them.
 * @param ledger before the expiry.
 */
export function outOfTurn(event: Written, hold: PlainHold, ledger: PlainLedger, attempts: readonly Attempt[]): string | null {
  const earlier = ledger.due(hold.expiresAt! - 1).at(0);
  if (!earlier) return null;
  const awaited = attempts.some(
    (attempt) =>
      mayHaveWaited(attempt, event) &&
      attempt.questions.some((question) => {
        const due = ledger.dueFor(clearedBefore(question), hold.expiresAt!);
        return due.includes(hold) && due[0]!.expiresAt === hold.expiresAt;
      }),
  );
  return awaited ? null : `the hold ${hold.id} was due at ${at(hold)}, and ${earlier.id} at ${at(earlier)} should expire before it`;
}

/** What has the accounts cleared: a command, a group, or the look-up of a hold, which is due itself. */
const clearedBefore = (question: Question): readonly Operation[] =>
  question.kind === 'operation' ? membersOf(question.operation) : question.kind === 'hold' ? [{ op: 'release', hold: question.id }] : [];

/** It was asked before the event was appended; and it was not answered yet, or at least not long given up, when it was decided. */
const mayHaveWaited = ({ sentAtVersion, answeredAt, answeredAtVersion, fault }: Attempt, { position, recordedAt }: Written): boolean =>
  sentAtVersion < position && (fault === null ? position <= answeredAtVersion : recordedAt <= answeredAt + CLOCK_MS);

/** @param appendedAt when the expiry was durable, ms. */
export function tooLate(hold: PlainHold, appendedAt: number): string | null {
  const lateMs = appendedAt - hold.expiresAt!;
  return lateMs <= PROMPT_MS ? null : `the hold ${hold.id} was due at ${at(hold)} and expired ${lateMs} ms later`;
}

const at = ({ expiresAt }: PlainHold): string => new Date(expiresAt!).toISOString().slice(11);
