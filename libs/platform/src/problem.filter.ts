import { type ArgumentsHost, Catch, type ExceptionFilter, NotFoundException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemOf } from './fault-problem.js';
import { log } from './log.js';
import { PROBLEM_TYPE, Problem, pathOf, problemDocument } from './problem.js';
import { traceIdOf } from './request-traces.js';
import type { RoutePatterns } from './route-patterns.js';

/** Every error leaves as a problem document: the services' own, the framework's, and what nobody expected. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly routes: RoutePatterns) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const problem = error instanceof NotFoundException ? this.noSuchRoute(request) : problemOf(error, request.method);
    sendProblem(request, http.getResponse<FastifyReply>(), problem ?? unexpected(request, error));
  }

  private noSuchRoute(request: FastifyRequest): Problem {
    const path = pathOf(request.url);
    const allowed = this.routes.methodsOf(path);
    if (allowed.length === 0) return new Problem('not_found', `Nothing lives at ${path}. The paths are listed at /v1/openapi.json.`);
    const allow = allowed.join(', ');
    return new Problem('method_not_allowed', `${path} does not take ${request.method}. It takes ${allow}.`, { headers: { allow } });
  }
}

/** Answers with the problem, or breaks off an answer that has already begun. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): void {
  if (reply.sent || reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  if (problem.details.headers) reply.headers(problem.details.headers);
  reply
    .removeHeader('content-length')
    .code(problem.status)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problemDocument(problem, request)));
}

function unexpected(request: FastifyRequest, error: unknown): Problem {
  log.error({ requestId: request.id, traceId: traceIdOf(request), method: request.method, err: error }, 'a request failed');
  return new Problem('internal_error', 'The server failed. The outcome of a write is not known: send the same id again to learn it.');
}
