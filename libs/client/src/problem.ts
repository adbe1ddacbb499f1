import type { ProblemDocument } from '@mizan/contracts';

/** The server said no, and said why: a problem document as an error. */
export class MizanProblem extends Error {
  override readonly name = 'MizanProblem';

  constructor(readonly document: ProblemDocument) {
    super(document.detail || document.title);
  }

  /** The name of the reason: a rejection of the rules, or one of the API's own. */
  get code(): string {
    return this.document.code;
  }
  get status(): number {
    return this.document.status;
  }
  get detail(): string {
    return this.document.detail;
  }
  get requestId(): string | undefined {
    return this.document.requestId;
  }
  get account(): string | undefined {
    return this.document.account;
  }
  get field(): string | undefined {
    return this.document.field;
  }
  /** The nearest names, where a name was not found. */
  get suggestions(): readonly string[] {
    return this.document.suggestions ?? [];
  }
}

/**
 * Nobody can say whether a write was done: the line broke after it was sent, or the server itself does not know yet.
 * Sending the same id again settles it and never does it twice.
 */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';

  constructor(what: string, cause: unknown) {
    super(`It is not known whether ${what} was done. Send it again with the same id: that can never do it twice.`, { cause });
  }
}

/** No answer, and nothing was changed by asking. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';

  constructor(
    readonly url: string,
    cause: unknown,
  ) {
    super(`No answer from ${url}: ${cause instanceof Error ? cause.message || cause.name : String(cause)}`, { cause });
  }
}
