import type { Json } from '@mizan/contracts';

export type { Json };

/** A rule said no: a value, not an exception. */
export interface Rejection {
  readonly code: string;
  /** One sentence for a human: what was wrong, and what to do. */
  readonly detail: string;
}

/** What can happen to a process. */
export type Signal =
  /** Somebody outside asks or says something. The first message starts the process. */
  | { readonly type: 'message'; readonly content: Json }
  /** The call of this step took effect, once, under this id. */
  | { readonly type: 'done'; readonly step: string; readonly id: string; readonly answer: Json }
  /** This attempt will never take effect. After the last one, the same step asked for again ends the process. */
  | { readonly type: 'refused'; readonly step: string; readonly id: string; readonly rejection: Rejection; readonly last: boolean }
  /** The moment that was waited for has come. */
  | { readonly type: 'due'; readonly until: number }
  | { readonly type: 'approved'; readonly step: string; readonly by: string }
  | { readonly type: 'declined'; readonly step: string; readonly by: string }
  /** Nobody decided before the approval expired. */
  | { readonly type: 'expired'; readonly step: string };

/** What is to be done now. A step is done once; its name is part of the id of its calls. */
export type Next =
  | Call
  /** Moments are ms since the epoch. */
  | { readonly do: 'wait'; readonly until: number }
  | Approve
  /** Until a message comes; for ever where the process is over. */
  | { readonly do: 'nothing' };

export interface Call {
  readonly do: 'call';
  readonly step: string;
  readonly content: Json;
  /** How many attempts may be refused. */
  readonly attempts: number;
  /** The step that approved exactly this content. It approves one call. */
  readonly approvedIn?: string;
}

export interface Approve {
  readonly do: 'approve';
  readonly step: string;
  /** What is to be approved: the content of the call that follows. */
  readonly content: Json;
  /** Who asked. Anybody else may decide. */
  readonly maker: string;
  readonly expiresAt: number;
}

/** A kind of process: pure rules. `S` is never changed, only made anew. */
export interface Definition<S, E extends Json> {
  /** Its kind: 1 to 31 of a-z 0-9 _ with a letter first. A process is `<kind>-<id>`, and so is its stream. */
  readonly name: string;
  /** Of its events: 1, 2, 3, ... A newer one stops a program that knows only an older. */
  readonly version: number;
  /** Makes an event of this version of one of an earlier version; wanted from version 2 on. */
  readonly upcast?: (event: Json, version: number) => E;
  readonly initial: S;
  /** The events of a signal. Only a message can be rejected; then nothing is recorded. */
  decide(state: S, signal: Signal, now: number): readonly E[] | Rejection;
  evolve(state: S, event: E): S;
  /** @param process its id, for what the content of a call has to name. */
  next(state: S, now: number, process: string): Next;
}

export const isRejection = (outcome: object): outcome is Rejection => 'code' in outcome;
