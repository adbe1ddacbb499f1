import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { Scope } from './access.js';

/** What a route says about itself before its handler runs. */
export interface RouteSettings {
  /** The scope a caller needs, or `open` to anyone. Every route has one of them: an application with a route that has none does not start. */
  readonly access?: Scope | 'open';
  /** The largest body, bytes. */
  readonly bodyLimit?: number;
}

declare module 'fastify' {
  interface FastifyContextConfig extends RouteSettings {}
}

/** Sets it for a route, or for all routes of a controller that do not say otherwise themselves. */
export function routeSettings(settings: RouteSettings): MethodDecorator & ClassDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    if (descriptor) return merge(descriptor.value as object, settings);
    const { prototype } = target as { prototype: object };
    for (const { value } of Object.values(Object.getOwnPropertyDescriptors(prototype)))
      if (typeof value === 'function' && value !== target) merge(value as object, settings);
  };
}

/** Method decorators run before the class's own, so what is already there is the more exact word. */
function merge(handler: object, settings: RouteSettings): void {
  const own = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, handler) as RouteSettings | undefined;
  Reflect.defineMetadata(FASTIFY_ROUTE_CONFIG_METADATA, { ...settings, ...own }, handler);
}

/** A route that takes larger bodies than the usual 64 KiB. @param bytes the largest body. */
export const BodyLimit = (bytes: number): MethodDecorator & ClassDecorator => routeSettings({ bodyLimit: bytes });
