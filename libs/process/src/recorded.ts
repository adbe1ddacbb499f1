import { canonicalJson } from '@mizan/contracts';
import type { Json, Rejection } from './definition.js';

/** What the stream of a process holds. `at` is the time of the process: ms since the epoch, and it never goes back. */
export type Recorded = { readonly at: number } & (
  | { readonly type: 'MessageReceived'; readonly id: string; readonly content: Json }
  | CallSent
  | { readonly type: 'CallDone'; readonly step: string; readonly id: string; readonly answer: Json }
  | { readonly type: 'CallRefused'; readonly step: string; readonly id: string; readonly rejection: Rejection }
  | { readonly type: 'WaitEnded'; readonly until: number }
  | ApprovalAsked
  | ApprovalDecided
  | { readonly type: 'ApprovalExpired'; readonly step: string }
  /** What the process itself decided. */
  | { readonly type: 'Decided'; readonly event: Json }
  | ProcessEnded
);

/** Recorded before the call is sent; whoever sends it again sends this. */
export interface CallSent {
  readonly type: 'CallSent';
  readonly step: string;
  readonly attempt: number;
  /** `<process>:<step>:<attempt>` */
  readonly id: string;
  readonly content: Json;
  readonly attempts: number;
  readonly approvedIn: string | null;
}

export interface ApprovalAsked {
  readonly type: 'ApprovalAsked';
  readonly step: string;
  readonly content: Json;
  /** SHA-256 of the canonical content, in hex. */
  readonly sha256: string;
  readonly maker: string;
  readonly expiresAt: number;
}

export interface ApprovalDecided {
  readonly type: 'ApprovalGiven' | 'ApprovalDeclined';
  readonly step: string;
  /** The id of the message that decided. */
  readonly id: string;
  readonly sha256: string;
  readonly by: string;
}

/** The runtime's own end of a process whose step was refused as often as it may be. */
export interface ProcessEnded {
  readonly type: 'ProcessEnded';
  readonly why: 'attempts_exhausted';
  readonly step: string;
}

export const encode = (event: Recorded): string => canonicalJson(event);
export const decode = (text: string): Recorded => JSON.parse(text) as Recorded;
