import { readFileSync } from 'node:fs';
import type { JSONWebKeySet } from 'jose';
import { type Clock, movableClock, realClock } from './clock.js';

type Variables = Readonly<Record<string, string | undefined>>;

/** Reads one setting; `variables` gives it neighbours such as `<NAME>_FILE`. @throws Fault with what is wrong, in words for an operator. */
export type Setting<T> = (name: string, variables: Variables) => T;
type Settings = Readonly<Record<string, Setting<unknown>>>;
export type Environment<S extends Settings> = { readonly [K in keyof S]: ReturnType<S[K]> };

class Fault extends Error {}

/** All that is wrong with the environment, one line for each. */
export class BadEnvironment extends Error {
  override readonly name = 'BadEnvironment';
}

/** @throws BadEnvironment naming every fault at once. */
export function parseEnvironment<S extends Settings>(settings: S, variables: Variables): Environment<S> {
  const faults: string[] = [];
  const values = Object.entries(settings).map(([name, read]) => {
    try {
      return [name, read(name, variables)];
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      faults.push(`  ${error.message}`);
      return [name, undefined];
    }
  });
  if (faults.length > 0) throw new BadEnvironment(`The environment is not complete:\n${faults.join('\n')}`);
  return Object.fromEntries(values) as Environment<S>;
}

/** Reads the process's environment. On any fault it says all of them on stderr and ends the process with code 2. */
export function readEnvironment<S extends Settings>(settings: S): Environment<S> {
  try {
    return parseEnvironment(settings, process.env);
  } catch (error) {
    if (!(error instanceof BadEnvironment)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}

const given = (name: string, variables: Variables): string | undefined => variables[name] || undefined;

function required(name: string, variables: Variables, what: string): string {
  const value = given(name, variables);
  if (value === undefined) throw new Fault(`${name} is not set. It is ${what}.`);
  return value;
}

function contentOf(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new Fault(`${name}: the file ${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

export const text =
  (what: string, otherwise?: string): Setting<string> =>
  (name, variables) =>
    given(name, variables) ?? otherwise ?? required(name, variables, what);

export const wholeNumber =
  (what: string, { least, most, otherwise }: { least: number; most: number; otherwise?: number }): Setting<number> =>
  (name, variables) => {
    const value = given(name, variables) ?? otherwise?.toString() ?? required(name, variables, what);
    if (!/^\d{1,15}$/.test(value) || Number(value) < least || Number(value) > most)
      throw new Fault(`${name} is "${value}". It is ${what}: a whole number from ${least} to ${most}.`);
    return Number(value);
  };

export const oneOf =
  <T extends string>(what: string, values: readonly T[], otherwise?: T): Setting<T> =>
  (name, variables) => {
    const value = given(name, variables) ?? otherwise ?? required(name, variables, what);
    if (!values.includes(value as T)) throw new Fault(`${name} is "${value}". It is ${what}: one of ${values.join(', ')}.`);
    return value as T;
  };

/** Names separated by commas, one or more. */
export const list =
  (what: string, otherwise?: readonly string[]): Setting<readonly string[]> =>
  (name, variables) => {
    const value = given(name, variables) ?? otherwise?.join(',') ?? required(name, variables, what);
    const items = value.split(',').map((item) => item.trim());
    if (items.includes('')) throw new Fault(`${name} is "${value}". It is ${what}, separated by commas.`);
    return items;
  };

/** An http(s) origin or address, without a slash at the end. */
export const url =
  (what: string): Setting<string> =>
  (name, variables) => {
    const value = required(name, variables, what);
    if (!/^https?:/.test(value) || !URL.canParse(value)) throw new Fault(`${name} is "${value}". It is ${what}: an http or https address.`);
    return value.replace(/\/+$/, '');
  };

/** The addresses of a service's instances, separated by commas, one or more. */
export const urls =
  (what: string): Setting<readonly string[]> =>
  (name, variables) =>
    list(what)(name, variables).map((one) => url(what)(name, { [name]: one }));

/** A secret, given as `NAME`, or better as `NAME_FILE`, the path of a file that holds it. Its value is never shown. */
export const secret =
  (what: string): Setting<string> =>
  (name, variables) => {
    const path = given(`${name}_FILE`, variables);
    const value = path === undefined ? given(name, variables) : contentOf(`${name}_FILE`, path);
    if (!value) throw new Fault(`Neither ${name} nor ${name}_FILE gives a value. It is ${what}.`);
    return value;
  };

/** Where PostgreSQL is: `postgresql://role:password@host:port/database`. */
export const databaseUrl: Setting<string> = (name, variables) => {
  const value = secret('the PostgreSQL address with this service’s role and password')(name, variables);
  if (!/^postgres(ql)?:/.test(value) || !URL.canParse(value)) throw new Fault(`${name} is not a postgresql:// address.`);
  return value;
};

/** Where EventStoreDB or KurrentDB is, with TLS and credentials, as its clients take it: `esdb://user:password@host:port?tls=true`. */
export const eventStoreUrl: Setting<string> = (name, variables) => {
  const value = secret('the connection string of EventStoreDB or KurrentDB')(name, variables);
  if (!/^esdb(\+discover)?:\/\/([^@/?]*@)?[^@/?]+([/?][^@]*)?$/.test(value))
    throw new Fault(`${name} is not an esdb:// or esdb+discover:// address (in a password, write @ as %40, / as %2F, ? as %3F).`);
  return value;
};

/** A setting that is asked for only where another one has this value; null elsewhere. Given while nothing is said of the other, it is a fault. */
export const onlyWith =
  <T>(other: string, value: string, setting: Setting<T>): Setting<T | null> =>
  (name, variables) => {
    if (given(other, variables) === value) return setting(name, variables);
    const idle = [name, `${name}_FILE`].find((each) => given(each, variables));
    if (idle && !given(other, variables))
      throw new Fault(`${idle} is set, and ${other} is not: say ${other}=${value}, or what else it is.`);
    return null;
  };

/** A file whose path the variable gives. @param read makes something of its content; what it throws is told, so it must not show secrets. */
export const file =
  <T>(what: string, read: (content: string) => T): Setting<T> =>
  (name, variables) => {
    const path = required(name, variables, `the path of ${what}`);
    const content = contentOf(name, path);
    try {
      return read(content);
    } catch (error) {
      // What JSON.parse says quotes the content.
      const why = error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message;
      throw new Fault(`${name}: the file ${path} should hold ${what}, but ${why}.`);
    }
  };

/** A file with a JWKS of public keys. */
export const publicKeysFile: Setting<JSONWebKeySet> = file('a JWKS with the public Ed25519 keys of the gateway', (content) => {
  const { keys } = JSON.parse(content) as Partial<JSONWebKeySet>;
  if (!Array.isArray(keys) || keys.length === 0) throw new Error('it has no {"keys":[...]}');
  if (keys.some((key) => 'd' in key)) throw new Error('it holds a private key, which belongs to the gateway alone');
  return { keys };
});

/** The machine's clock, or, where the variable names a file, one that is moved by it: in development and tests alone. */
export const clock: Setting<Clock> = (name, variables) => {
  const path = given(name, variables);
  if (path === undefined) return realClock;
  if (variables['NODE_ENV'] === 'production')
    throw new Fault(`${name} is set, and NODE_ENV is production, where no clock is moved: unset ${name}.`);
  try {
    return movableClock(path);
  } catch (error) {
    throw new Fault(`${name}: the clock cannot be read: ${(error as Error).message}`);
  }
};

/** What every service needs to listen. @param port the one it has unless PORT says another. */
export const listening = (port: number) =>
  ({
    HOST: text('the address to listen on', '127.0.0.1'),
    PORT: wholeNumber('the port to listen on', { least: 0, most: 65_535, otherwise: port }),
  }) as const;

/** Of a service that owns streams: the store that keeps them. */
export const storesStreams = {
  EVENT_STORE: oneOf('the kind of store that keeps the streams', ['postgres', 'eventstoredb'], 'postgres'),
  EVENTSTORE_URL: onlyWith('EVENT_STORE', 'eventstoredb', eventStoreUrl),
};

/** Of a service that hears topics or says one. */
export const onTheBus = {
  BUS: oneOf('how services hear of each other', ['kafka', 'feed'], 'kafka'),
  KAFKA_BROKERS: list('the brokers, host:port', ['127.0.0.1:9092']),
};

/** Of a service that asks others. */
export const asksOthers = {
  GATEWAY_URL: url('the address of the gateway, which gives this service its tokens'),
  SERVICE_KEY: secret('the API key of this service'),
};
