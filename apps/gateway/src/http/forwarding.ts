import { Transform, type TransformCallback } from 'node:stream';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { scopes } from '@mizan/contracts';
import { Problem, bearerOf, sendProblem } from '@mizan/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Dispatcher } from 'undici';
import { looksLikeApiKey } from '../api-key.js';
import { Exchange } from './exchange.js';
import { headersToForward } from './hop-by-hop.js';
import { type Route, type UpstreamName, isPlain } from './routing.js';
import type { TokenSigner } from '../token-signer.js';
import type { Upstream } from './upstream.js';

/** A service has this long to begin its answer, and between its parts. Server-sent events may pause as long as they like. */
const DEADLINE_MS = 30_000;
/** The largest batch, bytes. It streams through; smaller bodies are taken whole first, so that a slow caller holds no connection to a service. */
const LARGEST_BATCH = 8 * 1024 * 1024;

/** Every route of the table goes to the service that owns it, in the caller's name. */
@Injectable()
export class Forwarding implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly upstreams: Readonly<Record<UpstreamName, Upstream>>,
    private readonly signer: TokenSigner,
    private readonly routes: readonly Route[],
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    const serve = (server: FastifyInstance, route: Route): void =>
      void server.route({
        method: route.method === 'GET' ? ['GET', 'HEAD'] : route.method,
        url: route.path,
        config: { access: scopes.ledger },
        handler: (request: FastifyRequest, reply: FastifyReply): void => this.forward(route, request, reply),
      });
    fastify.register((server, _, done) => {
      server.removeAllContentTypeParsers();
      server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body));
      for (const route of this.routes) if (!route.streamed) serve(server, route);
      done();
    });
    fastify.register((server, _, done) => {
      server.removeAllContentTypeParsers();
      server.addContentTypeParser('*', (_request, stream, parsed) => parsed(null, stream));
      for (const route of this.routes) if (route.streamed) serve(server, route);
      done();
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(Object.values(this.upstreams).map((upstream) => upstream.close()));
  }

  /** Not async: with a token at hand, the request is on its way in the same turn. */
  private forward(route: Route, request: FastifyRequest, reply: FastifyReply): void {
    if (!isPlain(request.raw.url!))
      return sendProblem(request, reply, new Problem('not_found', 'Nothing lives at such a path. No part of it may be empty, . or .. .'));
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
      const { traceparent } = request.headers;
      const own = ['authorization', `Bearer ${token}`, 'x-request-id', request.id];
      if (typeof traceparent === 'string') own.push('traceparent', traceparent);
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
