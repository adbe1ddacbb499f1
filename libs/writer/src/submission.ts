import { WriterFault, unknownOutcome } from './fault.js';
import type { Origin } from './stream-rules.js';

/** How long a caller waits for an answer before it is told that there is none yet, ms. */
export const ANSWER_DEADLINE_MS = 10_000;

/**
 * What one caller asks in one breath. It is carried out in order up to its end or to the first fault: what stands
 * behind a fault is never decided, so that nothing is decided without what was asked before it.
 */
export class Submission<A, R> {
  readonly answered: Promise<R[]>;
  private readonly replies: R[] = [];
  private readonly deadline: NodeJS.Timeout;
  private resolve!: (replies: R[]) => void;
  private reject!: (fault: WriterFault) => void;
  private begun = false;
  private over = false;

  /** @param called what the stream is called, in messages. */
  constructor(
    readonly asks: readonly A[],
    readonly origin: Origin,
    called: string,
  ) {
    this.answered = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.deadline = setTimeout(() => this.end(this.begun ? unknownOutcome() : notTakenUp(called)), ANSWER_DEADLINE_MS);
  }

  /** Refused, or given up on: the rest of it is not carried out. */
  get refused(): boolean {
    return this.over;
  }

  /** An ask of it that may write has been decided. Before the first, to end is to be certain that nothing was written: what is refused is never decided. */
  hasBegun(): void {
    this.begun = true;
  }

  /** The next ask in order is durable. */
  answer(reply: R): void {
    this.replies.push(reply);
    if (this.over || this.replies.length < this.asks.length) return;
    clearTimeout(this.deadline);
    this.resolve(this.replies);
  }

  /** What was asked before in the same breath may be written already; then nobody can say that nothing was. */
  refuse(fault: WriterFault): void {
    this.end(this.replies.length > 0 ? unknownOutcome(fault) : fault);
  }

  private end(fault: WriterFault): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.deadline);
    this.reject(fault);
  }
}

const notTakenUp = (called: string): WriterFault =>
  new WriterFault(
    'overloaded',
    `The ${called} could not take this up within ${ANSWER_DEADLINE_MS / 1_000} s: there is too much before it. Nothing was written; send it again.`,
  );
