import type { AppendLimits } from '@mizan/event-store';
import type { WriterFault } from './fault.js';
import type { Submission } from './submission.js';

/** Who asks, as it will stand in the events. */
export interface Origin {
  readonly actor: string;
  readonly correlation: string | null;
  /** The event that led to it, `<stream>@<version>`. */
  readonly causation: string | null;
  readonly traceparent: string | null;
}

/** Whole decisions that share one append. */
export interface Portion {
  readonly events: readonly { readonly text: string }[];
  /** The version of its last event. */
  readonly position: number;
}

/** When a flush is decided, and what one append of it may hold. */
export interface FlushTerms {
  /** A moment that may be written, ms since the epoch. */
  readonly now: number;
  /** No ask waits, for this stream or another of the process. */
  readonly alone: boolean;
  readonly limits: AppendLimits;
}

/**
 * The decisions that are written together, in as few appends as the limits allow. The state runs ahead of the stream here;
 * nobody is answered until the append that holds the answer's reasons is known.
 */
export interface Flush<A, R, P extends Portion = Portion> {
  /** In their order: each is appended behind the one before. */
  readonly portions: readonly P[];
  /** It takes no further ask. */
  readonly full: boolean;
  /** False: the ask is put off, and with it the rest of its submission; others pass by. */
  admits(ask: A, submission: Submission<A, R>): boolean;
  /** Decides one ask upon everything before it. A fault is this ask's alone, and then nothing of it is written. */
  decide(ask: A, origin: Origin): R | WriterFault;
  /** What the writer does of its own accord, after what was asked. */
  finish(): void;
}

/** Submissions that wait for something of their own while others pass by. */
export interface PutOff<A, R> {
  has(submission: Submission<A, R>): boolean;
  forget(submission: Submission<A, R>): void;
  clear(): void;
}

/**
 * One stream as its rules know it: the state, loaded to the stream's end, and how it goes on. Every method but `recall`, `beforeAppend` and `caughtUp` is
 * synchronous. The rules know no store; the writer appends.
 */
export interface StreamRules<A, R, P extends Portion = Portion> {
  /** The version at which the state stands. It runs ahead of the stream while an append is on its way. */
  readonly position: number;
  /** When something falls due that the writer does of its own accord, ms since the epoch; null where nothing will. */
  readonly nextDue: number | null;
  /** How many events what follows the stream (an index, for example) is behind its durable end. */
  readonly behind: number;
  readonly putOff: PutOff<A, R>;
  /** How much an ask counts for in the bounds of a queue and of a flush; at least 1. */
  commandsIn(ask: A): number;
  /** Whether deciding it may make events: a look-up never does. */
  mayWrite(ask: A): boolean;
  isDue(now: number): boolean;
  /** Why nothing can be written at present, or null. */
  refusal(): WriterFault | null;
  /** Brings into memory what these need. @throws when it cannot be read; nothing was decided. */
  recall(asks: readonly A[]): Promise<void>;
  flush(terms: FlushTerms): Flush<A, R, P>;
  /** Makes durable what must never be missing beside an event. @throws then nothing is appended. */
  beforeAppend(portion: P): Promise<void>;
  /** A portion is durable. */
  appended(portion: P): void;
  /** Forgets what can be recalled. */
  trim(): void;
  /** Resolves when nothing is behind any more, or that was given up. */
  caughtUp(): Promise<void>;
}
