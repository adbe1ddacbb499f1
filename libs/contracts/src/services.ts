import { MAX_KINDS_OF_PROCESSES, isKindOfProcesses } from './id-prefix.js';
import { scopes } from './token.js';

/** One service of the platform, as the start, the gateway and the tests know it. */
export interface ServiceRow {
  /** Also the name of its folder under `apps/` and of its PostgreSQL schema; its role is `mizan_<name>`. */
  readonly name: string;
  /** The port it listens on where nothing else is said. */
  readonly port: number;
  /** Kinds of the streams that it alone may append to: a stream is `<kind>-<id>`. */
  readonly streams: readonly string[];
  /** Kinds of its processes. A process is `<kind>-<id>`; ids that begin with `<kind>-` are its key's alone. */
  readonly processes: readonly string[];
  /** The topic on which it says what happened: `mizan.<name>`, and `mizan.journal` for the ledgers; null where it says nothing. */
  readonly says: string | null;
  /** The topics that it hears. */
  readonly hears: readonly string[];
  /** What it may do at other services: the scopes of its key. */
  readonly scopes: readonly string[];
  /** What its process may take, MB resident. */
  readonly memoryMb: number;
  /** V8's share of that: the old space, MB. */
  readonly oldSpaceMb: number;
  /** What the pools of its process hold to PostgreSQL at most, together. */
  readonly connections: number;
  /** It shows the shape of a service to the tests, and runs where SAMPLE_SERVICES=on alone. */
  readonly sample?: true;
}

/** Every service there is, in the order of their start. */
export const everyService = checkedServices([
  {
    name: 'transfers',
    port: 8081,
    streams: ['journal'],
    processes: [],
    says: 'mizan.journal',
    hears: [],
    scopes: [],
    memoryMb: 250,
    oldSpaceMb: 128,
    connections: 11,
  },
  {
    name: 'gateway',
    port: 8080,
    streams: [],
    processes: [],
    says: null,
    hears: [],
    scopes: [],
    memoryMb: 250,
    oldSpaceMb: 96,
    connections: 4,
  },
  {
    name: 'accounts',
    port: 8082,
    streams: [],
    processes: [],
    says: null,
    hears: ['mizan.journal'],
    scopes: [scopes.feed],
    memoryMb: 250,
    oldSpaceMb: 128,
    connections: 12,
  },
  {
    name: 'sweeps',
    port: 8083,
    streams: ['sweep'],
    processes: ['sweep'],
    says: 'mizan.sweeps',
    hears: ['mizan.journal'],
    scopes: [scopes.feed, scopes.ledger],
    memoryMb: 250,
    oldSpaceMb: 96,
    connections: 14,
    sample: true,
  },
] as const);

export type ServiceName = (typeof everyService)[number]['name'];

/** The services that run, in the same order. */
export const services = everyService.filter((row) => !('sample' in row) || process.env['SAMPLE_SERVICES'] === 'on');

export const serviceNames: readonly ServiceName[] = services.map(({ name }) => name);

/** @throws Error for a name that has no row. */
export function serviceNamed(name: string): ServiceRow {
  const row = services.find((each) => each.name === name);
  if (!row) throw new Error(`There is no service '${name}'.`);
  return row;
}

/** The prefix of the ids that processes of a kind spend. */
export const prefixOfProcesses = (kind: string): string => `${kind}-`;

/** The service whose process this is, or null. @param process `<kind>-<id>`. */
export function ownerOfProcess(process: string, rows: readonly ServiceRow[] = services): ServiceRow | null {
  return rows.find(({ processes }) => processes.some((kind) => process.startsWith(prefixOfProcesses(kind)))) ?? null;
}

/** The environment variable that says where a service is, as `TRANSFERS_URL`. */
export function urlVariable<Name extends ServiceName>(name: Name): UrlVariable<Name> {
  return `${name.toUpperCase() as Uppercase<Name>}_URL`;
}

export type UrlVariable<Name extends ServiceName> = `${Uppercase<Name>}_URL`;

/** @throws Error in one line that names the row at fault: such a program must not start. */
export function checkedServices<const Rows extends readonly ServiceRow[]>(rows: Rows): Rows {
  const known: readonly string[] = Object.values(scopes);
  const said = rows.flatMap(({ says }) => (says === null ? [] : [says]));
  for (const { name, hears, processes, scopes: granted, says, streams } of rows) {
    const fail = (why: string): never => {
      throw new Error(`The row of the service '${name}' is wrong: ${why}.`);
    };
    if (!/^[a-z][a-z0-9]{0,30}$/.test(name)) fail('a name is 1 to 31 small letters and digits, with a letter first');
    if (!Array.isArray(granted)) fail('it says no scopes; a service that asks nobody has an empty list');
    for (const kind of streams)
      if (!/^[a-z][a-z0-9_]{0,30}$/.test(kind)) fail(`the kind of stream ${kind} is not 1 to 31 of a-z 0-9 _ with a letter first`);
    if (says !== null && streams.length === 0) fail(`it says ${says} but owns no kind of stream`);
    for (const kind of processes) {
      if (!isKindOfProcesses(kind)) fail(`the kind of process ${kind} is not 1 to 31 of a-z 0-9 _ with a letter first`);
      if (!streams.includes(kind)) fail(`it has processes of the kind ${kind} and does not own streams of that kind`);
    }
    for (const topic of hears) if (!said.includes(topic)) fail(`it hears ${topic}, which no service says`);
    for (const scope of granted) if (!known.includes(scope)) fail(`the scope ${scope} is not known`);
    if (processes.length > 0 && granted.every((scope) => scope === scopes.feed))
      fail('it has processes and no scope with which they could act');
    if (hears.length > 0 && !granted.includes(scopes.feed)) fail(`it hears ${hears[0]} and lacks the scope ${scopes.feed}`);
  }
  for (const [what, values] of Object.entries({
    'services have the name': rows.map(({ name }) => name),
    'services have the port': rows.map(({ port }) => String(port)),
    'services own the streams': rows.flatMap(({ streams }) => streams),
    'services have the processes': rows.flatMap(({ processes }) => processes),
    'services say the topic': said,
  })) {
    const twice = values.find((value, index) => values.indexOf(value) !== index);
    if (twice !== undefined) throw new Error(`The table of services is wrong: two ${what} ${twice}.`);
  }
  const kinds = rows.flatMap(({ processes }) => processes).length;
  if (kinds > MAX_KINDS_OF_PROCESSES)
    throw new Error(`The table of services is wrong: it has ${kinds} kinds of processes, and ${MAX_KINDS_OF_PROCESSES} is the most.`);
  return rows;
}
