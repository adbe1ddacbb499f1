import { Transform, type TransformCallback } from 'node:stream';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { scopes } from '@mizan/contracts';
import { Problem, bearerOf, sendProblem } from '@mizan/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Dispatcher } from 'undici';
import { looksLikeApiKey } from './api-key.js';
import { Exchange } from './exchange.js';
import { headersToForward } from './hop-by-hop.js';
import { type Route, type ServiceName, routeOf } from './routing.js';
import type { TokenSigner } from './token-signer.js';
import type { Upstream } from './upstream.js';

/** A service has this long to begin its answer, and between its parts. Server-sent events may pause as long as they like. */
const DEADLINE_MS = 30_000;
/** The largest batch, bytes. It streams through; smaller bodies are taken whole first, so that a slow caller holds no connection to a service. */
const LARGEST_BATCH = 8 * 1024 * 1024;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const PATHS = ['/v1/ledgers', '/v1/ledgers/*', '/v1/assets', '/v1/assets/*'];

/** Everything under /v1/ledgers and /v1/assets goes to the service that owns it, in the caller's name. */
@Injectable()
export class Forwarding implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly upstreams: Readonly<Record<ServiceName, Upstream>>,
    private readonly signer: TokenSigner,
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    const config = { access: scopes.ledger };
    const handler = (request: FastifyRequest, reply: FastifyReply): void => this.forward(request, reply);
    fastify.register((routes, _, done) => {
      routes.removeAllContentTypeParsers();
      routes.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body));
      for (const url of PATHS) routes.route({ method: METHODS, url, config, handler });
      done();
    });
    fastify.register((routes, _, done) => {
      routes.removeAllContentTypeParsers();
      routes.addContentTypeParser('*', (_request, stream, parsed) => parsed(null, stream));
      routes.route({ method: 'POST', url: '/v1/ledgers/:ledger/batch', config, handler });
      done();
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(Object.values(this.upstreams).map((upstream) => upstream.close()));
  }

  /** Not async: with a token at hand, the request is on its way in the same turn. */
  private forward(request: FastifyRequest, reply: FastifyReply): void {
    const { method, url } = request.raw;
    const route = routeOf(method!, url!);
    if (!route)
      return sendProblem(request, reply, new Problem('not_found', 'Nothing lives at such a path. It must not contain . or .. as a part.'));
    const credential = bearerOf(request.headers.authorization)!;
    const token = looksLikeApiKey(credential) ? this.signer.heldFor(request.caller!) : credential;
    if (token !== null) return this.send(request, reply, route, token);
    this.signer.tokenFor(request.caller!).then(
      (signed) => this.send(request, reply, route, signed),
      (error: unknown) => reply.send(error),
    );
  }

  private send(request: FastifyRequest, reply: FastifyReply, { service, endless }: Route, token: string): void {
    const upstream = this.upstreams[service];
    try {
      const own = ['authorization', `Bearer ${token}`, 'x-request-id', request.id];
      const options: Dispatcher.DispatchOptions = {
        method: request.raw.method!,
        path: request.raw.url!,
        body: bodyOf(request, own),
        headers: headersToForward(request.raw.rawHeaders, own),
        headersTimeout: DEADLINE_MS,
        bodyTimeout: endless ? 0 : DEADLINE_MS,
      };
      upstream.dispatch(options, new Exchange(request, reply, service), endless);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      sendProblem(request, reply, error);
    }
  }
}

/** @throws Problem `body_too_large`. Of a stream, the length is said where it is known; where not, it is counted on the way. */
function bodyOf(request: FastifyRequest, headers: string[]): Buffer | FastifyRequest['raw'] | Transform | null {
  const { body } = request;
  if (body === undefined || body === null) return null;
  if (Buffer.isBuffer(body)) return body;
  const length = request.headers['content-length'];
  if (length === undefined) return request.raw.pipe(new Bounded());
  if (Number(length) > LARGEST_BATCH) throw tooLarge();
  headers.push('content-length', length);
  return request.raw;
}

/** Passes on what comes, and breaks off past the largest batch. */
class Bounded extends Transform {
  private bytes = 0;

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.bytes += chunk.length;
    if (this.bytes > LARGEST_BATCH) done(tooLarge());
    else done(null, chunk);
  }
}

const tooLarge = (): Problem => new Problem('body_too_large', 'A batch is at most 8 MiB. Split it into smaller ones.');
