import { parseArgs } from 'node:util';
import { join, resolve } from 'node:path';
import { root } from './home.js';
import { StartProblem, exitCodes } from './start-problem.js';

export const usage = `npm start [-- options]

  --empty   loads no demo ledger
  --json    prints one JSON object when ready, and nothing else
  --help

Environment
  MIZAN_PORT      the gateway's port (8080); 0 takes any free port for everything
  MIZAN_HOME      where data, logs and secrets are kept, seen from the current folder (.mizan of the project)
  MIZAN_RESTART   1: a service that ends by itself is started again (default: everything stops)
  DATABASE_URL    an administrator's URL of another PostgreSQL server, 18 or later
  KAFKA_BROKERS   another Kafka cluster, host:port,host:port
  BUS             kafka, or feed: no Kafka, services follow the store's own feed
                  (default: kafka, and feed where Java or Maven is missing)
  EVENT_STORE     where the journals are kept, for good: postgres (default), or eventstoredb at
  EVENTSTORE_URL  esdb://user:password@host:2113?tls=true, or EVENTSTORE_URL_FILE that holds it
  TRANSFERS_INSTANCES  how many processes of transfers share the ledgers, 1 to 8 (1)
  NODE_ENV        production: the clock cannot be moved (mizan clock)

Exit codes
  0 stopped cleanly   1 a part failed   2 wrong usage   3 runs here already   4 port in use   5 disk full   6 BUS=kafka without Java or Maven`;

export interface Settings {
  readonly directory: string;
  readonly help: boolean;
  readonly empty: boolean;
  readonly json: boolean;
  /** The gateway's. Undefined: 8080 or the next free one. 0: any, and so for all others. */
  readonly port: number | undefined;
  readonly databaseUrl: string | undefined;
  /** What the services that keep journals are told of the EventStoreDB to keep them in; null: PostgreSQL keeps them. */
  readonly eventStore: Readonly<Record<string, string>> | null;
  readonly brokers: readonly string[] | undefined;
  /** Undefined: whatever this machine can run. */
  readonly bus: 'kafka' | 'feed' | undefined;
  readonly restart: boolean;
  /** NODE_ENV says so. */
  readonly production: boolean;
  readonly transfersInstances: number;
}

/** @throws StartProblem for an option or value that is not known. */
export function readSettings(args: readonly string[], environment: NodeJS.ProcessEnv): Settings {
  const { MIZAN_PORT, MIZAN_HOME, MIZAN_RESTART, DATABASE_URL, KAFKA_BROKERS, BUS, TRANSFERS_INSTANCES, INIT_CWD } = environment;
  const port = MIZAN_PORT ? Number(MIZAN_PORT) : undefined;
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535))
    throw new StartProblem(`MIZAN_PORT is ${MIZAN_PORT}; it must be a port number, 0 to 65535`, exitCodes.usage);
  const bus = BUS || (KAFKA_BROKERS ? 'kafka' : undefined);
  if (bus !== undefined && bus !== 'kafka' && bus !== 'feed')
    throw new StartProblem(`BUS is ${BUS}; it must be kafka or feed`, exitCodes.usage);
  if (TRANSFERS_INSTANCES && !/^[1-8]$/.test(TRANSFERS_INSTANCES))
    throw new StartProblem(`TRANSFERS_INSTANCES is ${TRANSFERS_INSTANCES}; it must be a number from 1 to 8`, exitCodes.usage);
  // Not quoted: it may hold a password.
  if (DATABASE_URL && !isPostgresUrl(DATABASE_URL))
    throw new StartProblem('DATABASE_URL is not of the form postgres://user:password@host:5432/database', exitCodes.usage);
  return {
    ...flags(args),
    // npm runs its scripts in the project's folder, and tells here where it was called.
    directory: MIZAN_HOME ? resolve(INIT_CWD || process.cwd(), MIZAN_HOME) : join(root, '.mizan'),
    port,
    databaseUrl: DATABASE_URL || undefined,
    eventStore: eventStore(environment),
    brokers: KAFKA_BROKERS ? KAFKA_BROKERS.split(',') : undefined,
    bus,
    restart: MIZAN_RESTART === '1',
    production: environment['NODE_ENV'] === 'production',
    transfersInstances: Number(TRANSFERS_INSTANCES || 1),
  };
}

/** The address itself is looked at by the service that uses it: it may hold a password. */
function eventStore({ EVENT_STORE, EVENTSTORE_URL, EVENTSTORE_URL_FILE, INIT_CWD }: NodeJS.ProcessEnv): Settings['eventStore'] {
  const address: Record<string, string> = EVENTSTORE_URL_FILE
    ? { EVENTSTORE_URL_FILE: resolve(INIT_CWD || process.cwd(), EVENTSTORE_URL_FILE) }
    : EVENTSTORE_URL
      ? { EVENTSTORE_URL }
      : {};
  const [named] = Object.keys(address);
  switch (EVENT_STORE || '') {
    case 'postgres':
      return null;
    case 'eventstoredb':
      if (named) return { EVENT_STORE: 'eventstoredb', ...address };
      throw new StartProblem('EVENT_STORE=eventstoredb needs EVENTSTORE_URL, esdb://user:password@host:2113?tls=true', exitCodes.usage);
    case '':
      // Where the journals begin they stay.
      if (!named) return null;
      throw new StartProblem(`${named} is set, and EVENT_STORE is not; say EVENT_STORE=eventstoredb, or postgres`, exitCodes.usage);
    default:
      throw new StartProblem(`EVENT_STORE is ${EVENT_STORE}; it must be postgres or eventstoredb`, exitCodes.usage);
  }
}

const isPostgresUrl = (text: string): boolean => URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol);

function flags(args: readonly string[]): { help: boolean; empty: boolean; json: boolean } {
  const boolean = { type: 'boolean', default: false } as const;
  try {
    const { values } = parseArgs({ args: [...args], options: { empty: boolean, json: boolean, help: { ...boolean, short: 'h' } } });
    return values;
  } catch (error) {
    throw new StartProblem(`${(error as Error).message.split('.')[0]}. See npm start -- --help`, exitCodes.usage, { cause: error });
  }
}
