import type { CommandEvent, LedgerEvent, TransferRejected } from './events.js';
import type { Rejection } from './rejection.js';

/** Applied: the event that did it, now or the first time. */
export interface Applied {
  readonly status: 'applied';
  readonly replayed: boolean;
  readonly event: CommandEvent;
}

/** Refused: recorded (with its event) or not. */
export interface Refused {
  readonly status: 'rejected';
  readonly replayed: boolean;
  readonly rejection: Rejection;
  readonly event: TransferRejected | null;
}

export type Answer = Applied | Refused;

/** The answer to a group: one for each of its commands, in order. */
export interface GroupAnswer {
  readonly status: 'applied' | 'rejected';
  /** Why the whole failed: a shape error of the group itself, or `group_failed`. Null when applied. */
  readonly rejection: Rejection | null;
  readonly answers: readonly Answer[];
}

/** What a decision gives: the events to append, in order, and what to say once they are durable. */
export interface Decision<A = Answer> {
  readonly events: readonly LedgerEvent[];
  readonly answer: A;
}
