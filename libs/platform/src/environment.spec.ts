import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BadEnvironment,
  databaseUrl,
  file,
  list,
  listening,
  oneOf,
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
