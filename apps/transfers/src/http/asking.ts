import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { CAUSATION_HEADER, CORRELATION_HEADER, type IdPrefixes, isCausation, isCorrelation, isService } from '@mizan/contracts';
import { holdsCardNumber } from '@mizan/ledger';
import { Problem, callerOf } from '@mizan/platform';
import type { Origin } from '@mizan/writer';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Who asks which ledger, and how it will stand in the events. */
export interface Asking {
  readonly tenant: string;
  readonly origin: Origin;
  /** Which ids may be spent; null where nobody owns a prefix. */
  readonly prefixes: IdPrefixes | null;
  /** Stands in for a body's id on single routes. */
  readonly idempotencyKey: string | null;
}

/** What a caller chose as request id may be anything; only an opaque one may stand in the journal. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** @throws Problem for a correlation or a causation that may not stand in the journal, or may not be this caller's to say. */
function askingOf(request: FastifyRequest): Asking {
  const { tenant, actor, prefixes = null } = callerOf(request);
  const { traceparent, 'idempotency-key': key } = request.headers;
  return {
    tenant,
    prefixes,
    origin: {
      actor,
      correlation: correlationOf(request) ?? (UUID.test(request.id) ? request.id : null),
      causation: causationOf(request, actor),
      traceparent: typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? traceparent : null,
    },
    idempotencyKey: typeof key === 'string' ? key : null,
  };
}

function correlationOf({ headers }: FastifyRequest): string | null {
  const correlation = headers[CORRELATION_HEADER];
  if (correlation === undefined) return null;
  if (typeof correlation !== 'string' || !isCorrelation(correlation))
    throw malformed(CORRELATION_HEADER, 'is 1 to 128 of A-Z a-z 0-9 _ . : - and begins with a letter or digit');
  if (holdsCardNumber(correlation))
    throw new Problem('card_number', `${CORRELATION_HEADER} holds what may be a card number, and the journal keeps it for ever.`, {
      field: CORRELATION_HEADER,
    });
  return correlation;
}

function causationOf({ headers }: FastifyRequest, actor: string): string | null {
  const causation = headers[CAUSATION_HEADER];
  if (causation === undefined) return null;
  if (!isService(actor))
    throw new Problem('forbidden', `${CAUSATION_HEADER} names the event that led a service to act; nobody else says one.`, {
      field: CAUSATION_HEADER,
    });
  if (typeof causation !== 'string' || !isCausation(causation))
    throw malformed(CAUSATION_HEADER, 'is <stream>@<version>, as in payout-17@3');
  return causation;
}

const malformed = (header: string, form: string): Problem => new Problem('invalid_id', `${header} ${form}.`, { field: header });

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
