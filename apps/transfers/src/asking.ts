import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Origin } from './ledger-writer.js';

/** Who asks which ledger, and how it will stand in the events. */
export interface Asking {
  readonly tenant: string;
  readonly origin: Origin;
  /** Stands in for a body's id on single routes. */
  readonly idempotencyKey: string | null;
}

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The parameter is who asks. */
export const AskedBy = createParamDecorator((_: unknown, context: ExecutionContext): Asking => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  if (!request.caller) throw new Error('An open route has no caller: give it @RequireScope.');
  const { traceparent, 'idempotency-key': key } = request.headers;
  return {
    tenant: request.caller.tenant,
    origin: {
      actor: request.caller.actor,
      correlation: request.id,
      traceparent: typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? traceparent : null,
    },
    idempotencyKey: typeof key === 'string' ? key : null,
  };
});
