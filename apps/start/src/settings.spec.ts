import { join } from 'node:path';
import { root } from './home.js';
import { readSettings } from './settings.js';
import { StartProblem, exitCodes } from './start-problem.js';

const problemOf = (args: string[], environment: NodeJS.ProcessEnv): StartProblem => {
  try {
    readSettings(args, environment);
  } catch (error) {
    if (error instanceof StartProblem) return error;
  }
  throw new Error('It was accepted.');
};

it('starts everything of its own in .mizan where nothing is said', () => {
  expect(readSettings([], {})).toEqual({
    directory: join(root, '.mizan'),
    help: false,
    empty: false,
    json: false,
    port: undefined,
    databaseUrl: undefined,
    eventStore: null,
    brokers: undefined,
    bus: undefined,
    restart: false,
    production: false,
    transfersInstances: 1,
  });
});

it.each([
  [{ EVENT_STORE: 'oracle' }, 'EVENT_STORE is oracle; it must be postgres or eventstoredb'],
  [{ EVENT_STORE: 'eventstoredb' }, 'EVENT_STORE=eventstoredb needs EVENTSTORE_URL'],
  [{ EVENTSTORE_URL: 'esdb://secret@one:2113' }, 'EVENTSTORE_URL is set, and EVENT_STORE is not; say EVENT_STORE=eventstoredb'],
  [{ EVENTSTORE_URL_FILE: 'secret/file' }, 'EVENTSTORE_URL_FILE is set, and EVENT_STORE is not'],
])('%p: no such store', (environment, message) => {
  const problem = problemOf([], environment);
  expect(problem.message).toContain(message);
  expect(problem.message).not.toContain('secret');
  expect(problem.exitCode).toBe(exitCodes.usage);
});

it('takes the store of the journals only where it is asked for', () => {
  const EVENTSTORE_URL = 'esdb+discover://admin:secret@one:2113,two:2113?tls=true';
  expect(readSettings([], { EVENT_STORE: 'postgres', EVENTSTORE_URL }).eventStore).toBeNull();
  expect(readSettings([], { EVENT_STORE: 'eventstoredb', EVENTSTORE_URL }).eventStore).toEqual({
    EVENT_STORE: 'eventstoredb',
    EVENTSTORE_URL,
  });
  const byFile = { EVENT_STORE: 'eventstoredb', EVENTSTORE_URL_FILE: 'address', INIT_CWD: '/here' };
  expect(readSettings([], byFile).eventStore).toEqual({ EVENT_STORE: 'eventstoredb', EVENTSTORE_URL_FILE: '/here/address' });
});

it('takes what the environment names', () => {
  const environment = {
    MIZAN_PORT: '0',
    MIZAN_HOME: '/elsewhere',
    MIZAN_RESTART: '1',
    KAFKA_BROKERS: 'one:9092,two:9092',
    BUS: 'feed',
    TRANSFERS_INSTANCES: '2',
  };
  expect(readSettings(['--empty', '--json'], environment)).toMatchObject({
    directory: '/elsewhere',
    empty: true,
    json: true,
    port: 0,
    brokers: ['one:9092', 'two:9092'],
    bus: 'feed',
    restart: true,
    transfersInstances: 2,
  });
});

it('takes brokers that are named for the wish to use them', () => {
  expect(readSettings([], { KAFKA_BROKERS: 'one:9092' }).bus).toBe('kafka');
  expect(readSettings([], { KAFKA_BROKERS: 'one:9092', BUS: 'feed' }).bus).toBe('feed');
});

it('takes a home as the caller sees it, who may stand elsewhere than npm', () => {
  expect(readSettings([], { MIZAN_HOME: 'mine', INIT_CWD: '/elsewhere' }).directory).toBe('/elsewhere/mine');
  expect(readSettings([], { MIZAN_HOME: 'mine' }).directory).toBe(join(process.cwd(), 'mine'));
  expect(readSettings([], { INIT_CWD: '/elsewhere' }).directory).toBe(join(root, '.mizan'));
});

it.each([
  [['--emtpy'], {}, /'--emtpy'.*--help/],
  [['empty'], {}, /empty/],
  [[], { MIZAN_PORT: 'http' }, /MIZAN_PORT is http/],
  [[], { MIZAN_PORT: '65536' }, /0 to 65535/],
  [[], { DATABASE_URL: 'localhost/mizan' }, /DATABASE_URL is not of the form postgres:/],
  [[], { DATABASE_URL: 'mysql://127.0.0.1/mizan' }, /DATABASE_URL/],
  [[], { TRANSFERS_INSTANCES: '0' }, /TRANSFERS_INSTANCES is 0; it must be a number from 1 to 8/],
  [[], { BUS: 'rabbit' }, /BUS is rabbit; it must be kafka or feed/],
])('refuses %j with %j', (args, environment, message) => {
  const problem = problemOf(args, environment);
  expect(problem.message).toMatch(message);
  expect(problem.exitCode).toBe(exitCodes.usage);
});
