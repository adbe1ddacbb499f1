import { RpcException } from '@nestjs/microservices';

/**
 * What a reader can never apply, however often it tries: not JSON, a wrong shape, an unknown schema, or a projection's own refusal.
 * A projection that meets it halts and says so; nothing is skipped.
 */
export class Poison extends RpcException {
  override readonly name = 'Poison';

  /** @param at the event concerned, where one is known. */
  constructor(
    reason: string,
    readonly at: { readonly stream: string; readonly version: number } | null = null,
    options: { readonly cause?: unknown } = {},
  ) {
    super(at ? `${at.stream}@${at.version}: ${reason}` : reason);
    this.cause = options.cause;
  }

  /** Nest would hand the transport a bare "Internal server error" in place of any other exception. */
  override getError(): this {
    return this;
  }
}

/** A message that claims what the feed does not have: somebody else put it on the topic, or another life of the owner's books said it. */
export class Denied extends Poison {}

/** The reader has halted already: no message is at fault. */
export class Halted extends Poison {}

/** A batch that could not be applied now but may be later: a database that is away, a feed that does not answer. `cause` says which. */
export class NotApplied extends RpcException {
  override readonly name = 'NotApplied';

  constructor(override readonly cause: unknown) {
    super(reasonOf(cause));
  }

  override getError(): this {
    return this;
  }
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node wraps the attempts at several addresses in one error without a message of its own.
  return error.message || (error instanceof AggregateError ? error.errors.map(reasonOf).join('; ') : error.name);
}
