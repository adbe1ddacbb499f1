import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { callerOf } from '@mizan/platform';
import type { Origin } from '@mizan/writer';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Who asks which ledger, and how it will stand in the events. */
export interface Asking {
  readonly tenant: string;
  readonly origin: Origin;
  /** Stands in for a body's id on single routes. */
  readonly idempotencyKey: string | null;
}

/** What a caller chose as request id may be anything; only an opaque one may stand in the journal. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

function askingOf(request: FastifyRequest): Asking {
  const { tenant, actor } = callerOf(request);
  const { traceparent, 'idempotency-key': key } = request.headers;
  return {
    tenant,
    origin: {
      actor,
      correlation: UUID.test(request.id) ? request.id : null,
      traceparent: typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? traceparent : null,
    },
    idempotencyKey: typeof key === 'string' ? key : null,
  };
}

/** The parameter is who asks. */
export const AskedBy = createParamDecorator((_: unknown, context: ExecutionContext): Asking =>
  askingOf(context.switchToHttp().getRequest()),
);

/** A command on a route of its own, as it was handed in. */
export interface Handed {
  readonly given: unknown;
  readonly asking: Asking;
  readonly reply: FastifyReply;
}

/** The parameter is what was handed in, by whom, and where the answer goes. */
export const HandedIn = createParamDecorator((_: unknown, context: ExecutionContext): Handed => {
  const http = context.switchToHttp();
  const request = http.getRequest<FastifyRequest>();
  return { given: request.body, asking: askingOf(request), reply: http.getResponse() };
});
