import { type DynamicModule, Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { urlVariable } from '@mizan/contracts';
import { Database, Readiness, type Service, TokenVerifier } from '@mizan/platform';
import type { FastifyInstance } from 'fastify';
import { ApiDocument } from './api-document.js';
import { ApiKeys } from './api-keys.postgres.js';
import type { GatewayEnvironment } from './environment.js';
import { Forwarding } from './forwarding.js';
import { GatewayCredentials } from './gateway-credentials.js';
import { perUpstream, upstreamNames } from './routing.js';
import { Services, assertReady } from './services.js';
import { StatusController } from './status.controller.js';
import { TokenController } from './token.controller.js';
import { TokenSigner, publicKeysOf } from './token-signer.js';
import { Upstream } from './upstream.js';

/** Connections to PostgreSQL: a key is looked up once in 5 s. */
const CONNECTIONS = 4;

@Module({ controllers: [TokenController, StatusController] })
class GatewayModule implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  /** OAuth clients send forms. */
  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, text, done) =>
      done(null, new URLSearchParams(text as string)),
    );
  }
}

function gatewayModule({ DATABASE_URL, SIGNING_KEY_FILE, ...addresses }: GatewayEnvironment): DynamicModule {
  const urls = perUpstream((name) => addresses[urlVariable(name)]);
  const verifier = new TokenVerifier(publicKeysOf(SIGNING_KEY_FILE));
  return {
    module: GatewayModule,
    providers: [
      {
        provide: Database,
        inject: [Readiness],
        useFactory: (readiness: Readiness) => new Database({ url: DATABASE_URL, name: 'gateway', max: CONNECTIONS }, readiness),
      },
      { provide: ApiKeys, inject: [Database], useFactory: ({ pool }: Database) => new ApiKeys(pool) },
      { provide: GatewayCredentials, inject: [ApiKeys], useFactory: (keys: ApiKeys) => new GatewayCredentials(keys, verifier) },
      { provide: TokenSigner, useFactory: () => TokenSigner.from(SIGNING_KEY_FILE) },
      {
        provide: Services,
        inject: [Readiness],
        useFactory: (readiness: Readiness) => {
          const services = new Services(urls);
          for (const name of upstreamNames) readiness.register(name, async () => assertReady(await services.report(name)));
          return services;
        },
      },
      { provide: ApiDocument, inject: [Services], useFactory: (services: Services) => new ApiDocument(services) },
      {
        provide: Forwarding,
        inject: [HttpAdapterHost, TokenSigner],
        useFactory: (host: HttpAdapterHost, signer: TokenSigner) =>
          new Forwarding(
            host,
            perUpstream((name) => new Upstream(name, urls[name])),
            signer,
          ),
      },
    ],
  };
}

export function gateway(environment: GatewayEnvironment): Service {
  return {
    name: 'gateway',
    module: gatewayModule(environment),
    tokens: GatewayCredentials,
    publish: (own, app) => app.get(ApiDocument, { strict: false }).whole(own),
  };
}
