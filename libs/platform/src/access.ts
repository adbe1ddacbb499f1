import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type Caller as CallerOfToken, scopes } from '@mizan/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from './problem.js';
import { routeSettings } from './route-settings.js';

export type Scope = (typeof scopes)[keyof typeof scopes];

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is calling; null on open routes. */
    caller: CallerOfToken | null;
  }
}

/** The route, or every route of the controller, is for callers whose token has this scope. */
export const RequireScope = (scope: Scope): MethodDecorator & ClassDecorator => routeSettings({ access: scope });

/** The route answers anyone. */
export const Open = (): MethodDecorator & ClassDecorator => routeSettings({ access: 'open' });

/** Who is calling, as the verified token says. */
export function callerOf({ caller }: FastifyRequest): CallerOfToken {
  if (!caller) throw new Error('An open route has no caller: give it @RequireScope.');
  return caller;
}

/** The parameter is who is calling. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): CallerOfToken =>
  callerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
export type Caller = CallerOfToken;

/** Tells who calls by the credential of an Authorization header. */
export interface Credentials {
  /** The caller of a credential that was verified before and is still good: the fast path, without a pause. */
  remembered(credential: string): CallerOfToken | null;
  /** @throws Problem `unauthorized` for a credential that is none. */
  verify(credential: string): Promise<CallerOfToken>;
}

/** Who may call is settled before a byte of the body is read, so that a stranger cannot make the service parse megabytes. */
export function guardRoutes(fastify: FastifyInstance, credentials: Credentials): void {
  fastify.decorateRequest('caller', null);
  fastify.addHook('onRoute', ({ method, url, config }) => {
    if (!config?.access) throw new Error(`${String(method)} ${url} does not say who may call it: give it @RequireScope or @Open.`);
  });
  fastify.addHook('onRequest', (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void) => {
    const { access } = request.routeOptions.config;
    if (access === 'open' || request.is404) return done();
    const credential = bearerOf(request.headers.authorization);
    if (credential === null) return done(unauthorized('This needs a token. Send Authorization: Bearer <token>.'));
    const known = credentials.remembered(credential);
    if (known) return done(admit(request, known, access!));
    credentials.verify(credential).then(
      (caller) => done(admit(request, caller, access!)),
      (error: Error) => done(error),
    );
  });
}

function admit(request: FastifyRequest, caller: CallerOfToken, scope: Scope): Problem | undefined {
  if (!caller.scopes.includes(scope))
    return new Problem('forbidden', `This needs the scope ${scope}; the token has ${caller.scopes.join(', ') || 'none'}.`, {
      headers: { 'www-authenticate': `Bearer realm="mizan", error="insufficient_scope", scope="${scope}"` },
    });
  request.caller = caller;
  return undefined;
}

/** The credential of an Authorization header of the Bearer scheme, or null. */
export function bearerOf(header: string | undefined): string | null {
  return (header !== undefined && /^bearer +(\S+) *$/i.exec(header)?.[1]) || null;
}

export const unauthorized = (detail: string, challenge = 'Bearer realm="mizan"'): Problem =>
  new Problem('unauthorized', detail, { headers: { 'www-authenticate': challenge } });
