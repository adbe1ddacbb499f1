import { scopes } from '@mizan/contracts';
import { type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, context, propagation, trace } from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { pathOf } from './problem.js';

const TRACEPARENT = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The trace that a request belongs to, whoever began it; undefined where it says none. */
export const traceIdOf = ({ headers: { traceparent } }: FastifyRequest): string | undefined =>
  (typeof traceparent === 'string' && TRACEPARENT.exec(traceparent)?.[1]) || undefined;

interface Traced {
  readonly span: Span;
  readonly under: Context;
}

/**
 * Every request of a caller's is a span: it goes on with the caller's trace or begins one. What polls (the feed, health)
 * begins none. From here on the request's own `traceparent` names this span, for whoever hands it on.
 * Hooks and no interceptor: the gateway forwards requests past Nest.
 */
export function traceRequests(fastify: FastifyInstance): void {
  if (propagation.fields().length === 0) return;
  const tracer = trace.getTracer('@mizan/platform');
  const traced = new WeakMap<FastifyRequest, Traced>();
  fastify.addHook('onRequest', (request, _reply, done) => {
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    const { url: route, config } = request.routeOptions;
    if (!trace.getSpanContext(parent) && config.access !== scopes.ledger) return context.with(ROOT_CONTEXT, done);
    const name = route === undefined || request.is404 ? request.method : `${request.method} ${route}`;
    const attributes = {
      'http.request.method': request.method,
      'url.path': pathOf(request.url),
      ...(route === undefined || request.is404 ? {} : { 'http.route': route }),
      'mizan.request_id': request.id,
    };
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
    const under = trace.setSpan(parent, span);
    propagation.inject(under, request.headers);
    traced.set(request, { span, under });
    context.with(under, done);
  });
  // A body arrives in the context of its socket.
  fastify.addHook('preHandler', (request, _reply, done) => {
    const found = traced.get(request);
    if (found) context.with(found.under, done);
    else done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const span = traced.get(request)?.span;
    span?.setAttribute('http.response.status_code', reply.statusCode);
    if (reply.statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
    done();
  });
}
