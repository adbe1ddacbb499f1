import type { FastifyInstance } from 'fastify';
import { Problem, pathOf } from './problem.js';

/** Reads one query parameter. @throws Problem `invalid_query`. */
export interface Parameter<T> {
  (given: string | undefined, name: string): T;
  /** The same as JSON Schema, for the OpenAPI document. */
  readonly schema: object;
}

export const parameter = <T>(schema: object, read: (given: string | undefined, name: string) => T): Parameter<T> =>
  Object.assign(read, { schema });

type Parameters = Readonly<Record<string, Parameter<unknown>>>;
export type Query<P extends Parameters> = { readonly [K in keyof P]: ReturnType<P[K]> };

/**
 * The parameters of a query, checked.
 * @throws Problem `invalid_query` for one that is unknown, repeated or not of its form.
 */
export function readQuery<P extends Parameters>(query: unknown, parameters: P): Query<P> {
  const given = query as Readonly<Record<string, string | string[]>>;
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(parameters, name)) {
      const known = Object.keys(parameters).join(', ');
      throw invalid(name, `There is no query parameter ${name} here. ${known ? `There are: ${known}.` : 'This takes none.'}`);
    }
    if (Array.isArray(value)) throw invalid(name, `The query parameter ${name} is given more than once.`);
  }
  return Object.fromEntries(
    Object.entries(parameters).map(([name, read]) => [name, read(given[name] as string | undefined, name)]),
  ) as Query<P>;
}

/**
 * What writes says all in its path and its body: a parameter would be overlooked, and something else be posted than was
 * meant. What reads must be able to read its parameters: one that is garbled would find nothing, and look like an answer.
 */
export function checkQueries(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', ({ method, is404, query, url }, _reply, done) => {
    if (is404) return done();
    if (method !== 'GET' && method !== 'HEAD') readQuery(query, {});
    else if (!isDecodable(url.slice(pathOf(url).length)))
      throw new Problem('invalid_query', 'The query is not percent-encoded UTF-8. Encode each value by itself.');
    done();
  });
}

function isDecodable(query: string): boolean {
  try {
    return decodeURIComponent(query) !== null;
  } catch {
    return false;
  }
}

const invalid = (field: string, detail: string): Problem => new Problem('invalid_query', detail, { field });

export const optionalText = parameter<string | null>({ type: 'string' }, (given) => given ?? null);

export function wholeNumberFrom<T extends number | null>(least: number, most: number, otherwise: T): Parameter<number | T> {
  const schema = { type: 'integer', minimum: least, maximum: most, ...(otherwise === null ? {} : { default: otherwise }) };
  return parameter<number | T>(schema, (given, name) => {
    if (given === undefined) return otherwise;
    const value = Number(given);
    if (!/^\d{1,16}$/.test(given) || value < least || value > most)
      throw invalid(name, `${name} is a whole number from ${least} to ${most}.`);
    return value;
  });
}

/** Items on a page: 1 to 1000. */
export const pageLimit = wholeNumberFrom(1, 1000, 100);

/** A journal position, 0 or more. */
export const optionalPosition = wholeNumberFrom(0, Number.MAX_SAFE_INTEGER, null);

export function optionalOneOf<T extends string>(values: readonly T[]): Parameter<T | null> {
  return parameter<T | null>({ type: 'string', enum: [...values] }, (given, name) => {
    if (given === undefined) return null;
    if (!values.includes(given as T)) throw invalid(name, `${name} is one of ${values.join(', ')}.`);
    return given as T;
  });
}
