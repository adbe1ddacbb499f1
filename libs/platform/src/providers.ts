import type { FactoryProvider, InjectionToken } from '@nestjs/common';

/** Names something that has no class of its own, such as a port. The compiler knows what it names. */
export type Token<T> = symbol & { readonly names?: T };

export const token = <T>(name: string): Token<T> => Symbol(name);

/** What a provider may ask for: a class, or a token. */
type Dependency<T = unknown> = { readonly prototype: T } | Token<T>;
type Given<D> = D extends { readonly prototype: infer T } ? T : D extends Token<infer T> ? T : never;
type GivenAll<D extends readonly Dependency[]> = { [I in keyof D]: Given<D[I]> };

/** A class, made with these in the order of its constructor. The compiler refuses another order and a missing one. */
export function made<T, const D extends readonly Dependency[]>(
  thing: new (...dependencies: GivenAll<D>) => T,
  ...dependencies: D
): FactoryProvider<T> {
  return provided<T, D>(thing as unknown as Dependency<T>, dependencies, (...given) => new thing(...given));
}

/** What a function makes of these. The compiler knows the types of its arguments, and that it makes what it promises. */
export function provided<T, const D extends readonly Dependency[]>(
  thing: Dependency<T>,
  dependencies: D,
  make: (...given: GivenAll<D>) => T | Promise<T>,
): FactoryProvider<T> {
  return {
    provide: thing as InjectionToken,
    inject: [...dependencies] as InjectionToken[],
    useFactory: make as (...given: unknown[]) => T | Promise<T>,
  };
}
