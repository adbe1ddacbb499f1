/** Why the writer could not answer. A rule's no is never a fault. */
export type FaultKind =
  /** Nothing was written; the same request may be sent again. */
  | 'unavailable'
  /** The queue is full; nothing was written. */
  | 'overloaded'
  /** It may or may not have been written; only the same id again settles it. */
  | 'outcome_unknown'
  /** There is no such stream, and this does not begin one. */
  | 'not_found'
  /** A bug; nothing was written, and sending it again does not help. */
  | 'internal_error';

export class WriterFault extends Error {
  constructor(
    readonly kind: FaultKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'WriterFault';
  }
}

export const notWritten = (why: string, cause?: unknown): WriterFault =>
  new WriterFault('unavailable', `${why} Nothing was written; send it again.`, { cause });

export const unknownOutcome = (cause?: unknown): WriterFault =>
  new WriterFault('outcome_unknown', 'The outcome is not known. Send the same id again to learn it.', { cause });
