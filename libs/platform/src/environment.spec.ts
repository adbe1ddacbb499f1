import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BadEnvironment,
  databaseUrl,
  eventStoreUrl,
  file,
  list,
  listening,
  oneOf,
  onlyWith,
  parseEnvironment,
  publicKeysFile,
  secret,
  text,
  url,
  wholeNumber,
} from './environment.js';

const directory = mkdtempSync(join(tmpdir(), 'environment-'));
afterAll(() => rmSync(directory, { recursive: true }));

function fileWith(content: string): string {
  const path = join(directory, `${Math.random()}`);
  writeFileSync(path, content);
  return path;
}

const settings = {
  ...listening(8081),
  BUS: oneOf('the bus', ['kafka', 'feed'], 'kafka'),
  KAFKA_BROKERS: list('the brokers', ['127.0.0.1:9092']),
  GATEWAY_URL: url('the gateway'),
  DATABASE_URL: databaseUrl,
  SERVICE_KEY: secret('the service’s key'),
  TOKEN_KEYS_FILE: publicKeysFile,
};
const keys = { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'abc' }] };
const complete = {
  GATEWAY_URL: 'http://127.0.0.1:8080/',
  DATABASE_URL: 'postgresql://mizan_accounts:word@127.0.0.1/mizan',
  SERVICE_KEY_FILE: fileWith('mzn_0\n'),
  TOKEN_KEYS_FILE: fileWith(JSON.stringify(keys)),
};

const faultsOf = (change: Record<string, string | undefined>): string[] => {
  try {
    parseEnvironment(settings, { ...complete, ...change });
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(BadEnvironment);
    return (error as Error).message.split('\n').slice(1);
  }
};

it('is read with its defaults, secrets from their files', () => {
  expect(parseEnvironment(settings, { ...complete, KAFKA_BROKERS: 'a:1, b:2' })).toEqual({
    HOST: '127.0.0.1',
    PORT: 8081,
    BUS: 'kafka',
    KAFKA_BROKERS: ['a:1', 'b:2'],
    GATEWAY_URL: 'http://127.0.0.1:8080',
    DATABASE_URL: complete.DATABASE_URL,
    SERVICE_KEY: 'mzn_0',
    TOKEN_KEYS_FILE: keys,
  });
});

it('tells all its faults at once', () => {
  expect(faultsOf({ PORT: '80 80', BUS: 'rabbit', GATEWAY_URL: undefined, DATABASE_URL: '', SERVICE_KEY_FILE: '/nowhere' })).toEqual([
    '  PORT is "80 80". It is the port to listen on: a whole number from 0 to 65535.',
    '  BUS is "rabbit". It is the bus: one of kafka, feed.',
    '  GATEWAY_URL is not set. It is the gateway.',
    '  Neither DATABASE_URL nor DATABASE_URL_FILE gives a value. It is the PostgreSQL address with this service’s role and password.',
    '  SERVICE_KEY_FILE: the file /nowhere cannot be read (ENOENT).',
  ]);
});

it.each([
  [{ DATABASE_URL: 'mysql://secret' }, /DATABASE_URL is not a postgresql:\/\/ address/],
  [{ GATEWAY_URL: 'gateway' }, /GATEWAY_URL is "gateway"/],
  [{ KAFKA_BROKERS: 'a:1,,b:2' }, /separated by commas/],
  [{ TOKEN_KEYS_FILE: fileWith('secret') }, /but it is not JSON/],
  [{ TOKEN_KEYS_FILE: fileWith('{"keys":[]}') }, /but it has no \{"keys":\[...\]\}/],
  [{ TOKEN_KEYS_FILE: fileWith('{"keys":[{"d":"secret"}]}') }, /but it holds a private key/],
  [{ SERVICE_KEY_FILE: fileWith('') }, /Neither SERVICE_KEY nor SERVICE_KEY_FILE/],
])('names what is wrong in %j and shows no secret', (change, fault) => {
  const [first, ...others] = faultsOf(change);
  expect(first).toMatch(fault);
  expect(first).not.toContain('secret');
  expect(others).toEqual([]);
});

it('a setting without a default must be given', () => {
  const strict = { NAME: text('a name'), SIZE: wholeNumber('a size', { least: 1, most: 9 }), KEY: file('a key', (content) => content) };
  expect(() => parseEnvironment(strict, {})).toThrow(/NAME is not set[^]*SIZE is not set[^]*KEY is not set\. It is the path of a key/);
});

describe('where journals are kept', () => {
  const settings = {
    EVENT_STORE: oneOf('the kind of store', ['postgres', 'eventstoredb'], 'postgres'),
    EVENTSTORE_URL: onlyWith('EVENT_STORE', 'eventstoredb', eventStoreUrl),
  };
  const URL = 'esdb+discover://admin:pass%40word@one:2113,two:2113?tls=true';

  it('is asked for only where it is needed', () => {
    expect(parseEnvironment(settings, {})).toEqual({ EVENT_STORE: 'postgres', EVENTSTORE_URL: null });
    expect(parseEnvironment(settings, { EVENT_STORE: 'postgres', EVENTSTORE_URL: URL }).EVENTSTORE_URL).toBeNull();
    expect(parseEnvironment(settings, { EVENT_STORE: 'eventstoredb', EVENTSTORE_URL: URL }).EVENTSTORE_URL).toBe(URL);
  });

  it.each([
    [{ EVENTSTORE_URL: URL }, 'EVENTSTORE_URL is set, and EVENT_STORE is not'],
    [{ EVENTSTORE_URL_FILE: '/nowhere' }, 'EVENTSTORE_URL_FILE is set, and EVENT_STORE is not'],
    [{ EVENT_STORE: 'eventstoredb' }, 'Neither EVENTSTORE_URL nor EVENTSTORE_URL_FILE gives a value'],
    [{ EVENT_STORE: 'eventstoredb', EVENTSTORE_URL: 'esdb://admin:pass@word@one:2113' }, 'EVENTSTORE_URL is not an esdb:// or'],
    [{ EVENT_STORE: 'eventstoredb', EVENTSTORE_URL: 'esdb://admin:pass/word@one:2113' }, 'EVENTSTORE_URL is not an esdb:// or'],
    [{ EVENT_STORE: 'eventstoredb', EVENTSTORE_URL: 'http://admin:word@one:2113' }, 'EVENTSTORE_URL is not an esdb:// or'],
  ])('%p is refused, without a word of it', (variables, fault) => {
    let message = '';
    try {
      parseEnvironment(settings, variables);
    } catch (error) {
      ({ message } = error as Error);
    }
    expect(message).toContain(fault);
    expect(message).not.toMatch(/word@|pass[@/%]/);
  });
});
