import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { Problem, log, sendProblem } from '@mizan/platform';
import { WrittenElsewhere } from '@mizan/writer';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FORWARDED, Forwarding, NOT_THE_WRITER } from './forwarding.js';
import { problemOf } from '../ledgers.js';

/** What is asked of a ledger that another instance writes is sent on to it, once: what was sent on already is not sent on again. */
@Catch(WrittenElsewhere)
export class ForwardingFilter implements ExceptionFilter<WrittenElsewhere> {
  constructor(private readonly forwarding: Forwarding) {}

  catch(elsewhere: WrittenElsewhere, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (FORWARDED in request.headers)
      return sendProblem(request, reply, new Problem('unavailable', elsewhere.message, { status: NOT_THE_WRITER, cause: elsewhere }));
    this.forwarding.send(request, elsewhere).then(
      ({ status, headers, body }) => void reply.code(status).headers(headers).send(body),
      (error: unknown) => sendProblem(request, reply, this.told(error, request)),
    );
  }

  private told(error: unknown, { id, method }: FastifyRequest): Problem {
    const problem = problemOf(error);
    if (problem instanceof Problem) return problem;
    log.error({ requestId: id, method, err: error }, 'a request could not be sent on');
    return new Problem('internal_error', 'The server failed. The outcome of a write is not known: send the same id again to learn it.');
  }
}
