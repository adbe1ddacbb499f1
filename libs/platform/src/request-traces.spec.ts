import { Body, Controller, Get, Module, Post, Req } from '@nestjs/common';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { AlwaysOnSampler, InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { RequireScope, createApplication } from './index.js';
import { UnderOpenSpans } from './tracing.js';

let later: () => void = () => {};

@RequireScope('ledger')
@Controller('v1/things')
class ThingsController {
  @Post()
  post(@Body() body: unknown, @Req() { headers }: FastifyRequest) {
    return { body, under: trace.getActiveSpan()?.spanContext().spanId, handedOn: headers.traceparent };
  }

  @Get()
  get() {
    trace.getTracer('test').startSpan('in time').end();
    void new Promise<void>((answered) => (later = answered)).then(() => trace.getTracer('test').startSpan('too late').end());
    return {};
  }

  @RequireScope('feed')
  @Get('feed')
  feed() {
    return {};
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

const exporter = new InMemorySpanExporter();
const caller = { tenant: 'acme', actor: 'key:1', scopes: ['ledger', 'feed'] };
const tokens = { remembered: () => caller, verify: async () => caller };
const theirs = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
let traced: NestFastifyApplication;
let untraced: NestFastifyApplication;

beforeAll(async () => {
  const application = async () => {
    const app = await createApplication({ name: 'test', module: ThingsModule, tokens });
    await app.init();
    return app;
  };
  untraced = await application();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const spanProcessors = [new SimpleSpanProcessor({ exporter })];
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors, sampler: new UnderOpenSpans(new AlwaysOnSampler()) }));
  traced = await application();
});
afterAll(() => Promise.all([traced.close(), untraced.close()]));
beforeEach(() => exporter.reset());

const ask = (app: NestFastifyApplication, method: 'GET' | 'POST', url: string, headers: Record<string, string> = {}) =>
  app.inject({ method, url, headers: { authorization: 'Bearer x', ...headers }, ...(method === 'POST' ? { payload: { a: 1 } } : {}) });

it('a request goes on with its caller’s trace, hands on its own span, and its body is read inside it', async () => {
  const answer = (await ask(traced, 'POST', '/v1/things', { traceparent: theirs })).json();
  const [span] = exporter.getFinishedSpans();
  expect(span).toMatchObject({ name: 'POST /v1/things', parentSpanContext: { spanId: 'b7ad6b7169203331' } });
  const { traceId, spanId } = span!.spanContext();
  expect(traceId).toBe('0af7651916cd43dd8448eb211c80319c');
  expect(answer).toEqual({ body: { a: 1 }, under: spanId, handedOn: `00-${traceId}-${spanId}-01` });
  expect(span!.attributes).toMatchObject({ 'url.path': '/v1/things', 'http.response.status_code': 201 });
});

it('a query, which may hold a secret, is not in its span', async () => {
  await ask(traced, 'POST', '/v1/things?secret=1');
  const [span] = exporter.getFinishedSpans();
  expect(span!.attributes).toMatchObject({ 'url.path': '/v1/things', 'http.response.status_code': 400 });
  expect(JSON.stringify(span!.attributes)).not.toContain('secret');
});

it('a request without a trace begins one; what polls begins none', async () => {
  const answer = (await ask(traced, 'POST', '/v1/things', { traceparent: 'nonsense' })).json();
  await ask(traced, 'GET', '/v1/things/feed');
  await ask(traced, 'GET', '/health/live');
  const spans = exporter.getFinishedSpans();
  expect(spans.map(({ name, parentSpanContext }) => [name, parentSpanContext])).toEqual([['POST /v1/things', undefined]]);
  expect(answer.handedOn).toMatch(spans[0]!.spanContext().traceId);
});

it('what a request leaves behind to be done after its answer is not in its trace', async () => {
  await ask(traced, 'GET', '/v1/things');
  later();
  await new Promise(setImmediate);
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['in time', 'GET /v1/things']);
});

it('a service that records no traces hands on what it was given', async () => {
  expect((await ask(untraced, 'POST', '/v1/things', { traceparent: theirs })).json().handedOn).toBe(theirs);
  expect((await ask(untraced, 'POST', '/v1/things')).json().handedOn).toBeUndefined();
  expect(exporter.getFinishedSpans()).toEqual([]);
});
