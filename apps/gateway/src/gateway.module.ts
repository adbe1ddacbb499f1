import { type DynamicModule, Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type ServiceRow, serviceNamed, services as allServices, urlVariable } from '@mizan/contracts';
import { Database, Readiness, type Service, TokenVerifier, made, provided } from '@mizan/platform';
import type { FastifyInstance } from 'fastify';
import { ApiDocument } from './http/api-document.js';
import { ApiKeys } from './tables/api-keys.postgres.js';
import type { GatewayEnvironment } from './environment.js';
import { Forwarding } from './http/forwarding.js';
import { GatewayCredentials } from './gateway-credentials.js';
import { perUpstream, routesAmong, upstreamNames } from './http/routing.js';
import { Services, assertReady } from './http/services.js';
import { StatusController } from './http/status.controller.js';
import { TokenController } from './http/token.controller.js';
import { TokenSigner, publicKeysOf } from './token-signer.js';
import { Upstream } from './http/upstream.js';

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

function gatewayModule({ DATABASE_URL, SIGNING_KEY_FILE, ...addresses }: GatewayEnvironment, rows: readonly ServiceRow[]): DynamicModule {
  const urls = perUpstream((name) => addresses[urlVariable(name)]);
  const verifier = new TokenVerifier(publicKeysOf(SIGNING_KEY_FILE));
  const providers = [
    provided(
      Database,
      [Readiness],
      (readiness) => new Database({ url: DATABASE_URL, name: 'gateway', max: serviceNamed('gateway').connections }, readiness),
    ),
    provided(ApiKeys, [Database], ({ pool }) => new ApiKeys(pool)),
    provided(GatewayCredentials, [ApiKeys], (keys) => new GatewayCredentials(keys, verifier, rows)),
    provided(TokenSigner, [], () => TokenSigner.from(SIGNING_KEY_FILE)),
    provided(Services, [Readiness], (readiness) => {
      const services = new Services(urls);
      for (const name of upstreamNames) readiness.register(name, async () => assertReady(await services.report(name)));
      return services;
    }),
    made(ApiDocument, Services),
    provided(Forwarding, [HttpAdapterHost, TokenSigner], (host, signer) => {
      const upstreams = perUpstream((name) => new Upstream(name, urls[name]));
      return new Forwarding(host, upstreams, signer, routesAmong(rows));
    }),
  ];
  return { module: GatewayModule, providers };
}

/** @param rows the table of services, of which keys and ids are judged. */
export function gateway(environment: GatewayEnvironment, rows: readonly ServiceRow[] = allServices): Service {
  return {
    name: 'gateway',
    module: gatewayModule(environment, rows),
    tokens: GatewayCredentials,
    publish: (own, app) => app.get(ApiDocument, { strict: false }).whole(own),
  };
}
