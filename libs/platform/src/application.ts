import 'reflect-metadata';
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Credentials, guardRoutes } from './access.js';
import { problemOf } from './fault-problem.js';
import { checkJsonBody } from './json-body.js';
import { log, nestLog } from './log.js';
import { Metrics, MetricsController } from './metrics.js';
import { type OpenApiDocument, describeApplication } from './open-api.js';
import { PROBLEM_TYPE, Problem, pathOf, problemDocument } from './problem.js';
import { ProblemFilter, sendProblem } from './problem.filter.js';
import { checkQueries } from './query.js';
import { HealthController, Readiness } from './readiness.js';
import { measureRequests } from './request-metrics.js';
import { traceIdOf, traceRequests } from './request-traces.js';
import { RoutePatterns } from './route-patterns.js';

/** The largest body of a route that does not say otherwise (`@BodyLimit`), bytes. */
export const BODY_LIMIT = 64 * 1024;
/** A request that has not arrived whole after this time is given up. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Longer than the gateway keeps an idle connection, so that it is never the one surprised. */
const KEEP_ALIVE_MS = 72_000;
/** A path part: an account id is 128 characters, at most three times as many percent-encoded. */
const LONGEST_PATH_PART = 1024;

export const version = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;

export interface Service {
  readonly name: string;
  readonly module: Type | DynamicModule;
  /** What tells who calls: tokens alone, or a provider of the module that knows more kinds of credential. */
  readonly tokens: Credentials | Type<Credentials>;
  /** Last word on what `/v1/openapi.json` shows: given the service's own part. Without it, that part. */
  readonly publish?: (own: OpenApiDocument, app: NestFastifyApplication) => Promise<OpenApiDocument>;
  /** What the service listens to beside HTTP: connects it, before the first request is taken. */
  readonly connect?: (app: NestFastifyApplication) => Promise<void>;
}

@Module({ controllers: [HealthController, MetricsController] })
class ServiceRoot {}

/** A service that does not listen yet: its routes, who may call them, its problem documents, health, metrics and OpenAPI part. */
export async function createApplication({ name, module, tokens, publish, connect }: Service): Promise<NestFastifyApplication> {
  const routes = new RoutePatterns();
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    return503OnClosing: false,
    skipMiddie: true,
    routerOptions: { maxParamLength: LONGEST_PATH_PART },
    genReqId: requestId,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      reply.header('x-request-id', request.id);
      sendProblem(request, reply, problemOf(error, request.method) ?? new Problem('internal_error', 'The request could not be routed.'));
    },
    clientErrorHandler,
  });
  const fastify = adapter.getInstance() as unknown as FastifyInstance;
  fastify.addHook('onRoute', (route) => {
    routes.add(route.url, route.method);
    const own = (route.config as { bodyLimit?: number } | undefined)?.bodyLimit;
    if (own !== undefined) route.bodyLimit = own;
  });
  const metrics = new Metrics(name, version);
  answerWithRequestId(fastify);
  measureRequests(fastify, metrics);
  traceRequests(fastify);
  readJsonAlone(fastify);
  const root: DynamicModule = {
    module: ServiceRoot,
    global: true,
    imports: [module],
    providers: [
      { provide: Readiness, useValue: new Readiness(name, version) },
      { provide: Metrics, useValue: metrics },
    ],
    exports: [Readiness, Metrics],
  };
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    bodyParser: false,
    logger: nestLog,
    abortOnError: false,
  });
  guardRoutes(fastify, typeof tokens === 'function' ? app.get<Credentials>(tokens, { strict: false }) : tokens);
  checkQueries(fastify);
  app.useGlobalFilters(new ProblemFilter(routes));
  await connect?.(app);
  let document: Promise<OpenApiDocument> | undefined;
  fastify.get('/v1/openapi.json', { config: { access: 'open' } }, () => {
    const own = (): OpenApiDocument => describeApplication(app, name, version);
    if (publish) return publish(own(), app);
    return (document ??= Promise.resolve(own()));
  });
  return app;
}

/** The caller's own id where it is harmless to log and to send on, else a new one. */
function requestId(request: IncomingMessage): string {
  const theirs = request.headers['x-request-id'];
  return typeof theirs === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(theirs) ? theirs : randomUUID();
}

/** Successes are not logged but at debug: this is on the path of thousands of requests a second. */
function answerWithRequestId(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const status = reply.statusCode;
    const level = status >= 500 || status === 401 || status === 403 || status === 429 ? 'warn' : 'debug';
    if (log.isLevelEnabled(level)) {
      const ms = Math.round(reply.elapsedTime * 10) / 10;
      log[level](
        {
          requestId: request.id,
          traceId: traceIdOf(request),
          actor: request.caller?.actor,
          method: request.method,
          path: pathOf(request.url),
          status,
          ms,
        },
        'answered',
      );
    }
    done();
  });
}

/** JSON in UTF-8 is the only form of body; none at all is `undefined`. Keys are data, whatever they are called: nothing here merges objects. */
function readJsonAlone(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('ignore', 'ignore');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (body.length === 0) return done(null, undefined);
    if (!isUtf8(body)) return done(new Problem('invalid_json', 'The body is not UTF-8. Send one JSON object in UTF-8.'));
    const text = body.toString('utf8');
    void parse(request, text, (error, value) => {
      if (error) return done(error);
      try {
        checkJsonBody(text);
      } catch (problem) {
        return done(problem as Problem);
      }
      done(null, value);
    });
  });
}

/** What cannot even be read as HTTP is answered on the bare socket. */
function clientErrorHandler(this: FastifyInstance, error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return void socket.destroy();
  const detail =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'The request did not arrive in time.' : 'This is not a well-formed HTTP/1.1 request.';
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const body = JSON.stringify(problemDocument(new Problem('invalid_json', detail, { status }), { url: '/', id: randomUUID() }));
  socket.end(
    `HTTP/1.1 ${status} Bad Request\r\ncontent-type: ${PROBLEM_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
