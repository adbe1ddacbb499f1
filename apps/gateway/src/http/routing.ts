import { type ServiceName, type ServiceRow, prefixOfProcesses, serviceNames, services } from '@mizan/contracts';

/** A service that requests may be forwarded to. */
export type UpstreamName = Exclude<ServiceName, 'gateway'>;

export const upstreamNames: readonly UpstreamName[] = serviceNames.filter((name) => name !== 'gateway');

/** One value for each service behind the gateway. */
export function perUpstream<T>(valueOf: (name: UpstreamName) => T): Readonly<Record<UpstreamName, T>> {
  return Object.fromEntries(upstreamNames.map((name) => [name, valueOf(name)])) as Record<UpstreamName, T>;
}

const methodNames = ['GET', 'POST', 'PUT', 'PATCH'] as const;
type Method = (typeof methodNames)[number];

/** Requests of these methods at this path go to this service. Whoever takes GET takes HEAD. */
export interface Route {
  readonly path: string;
  readonly method: Method;
  readonly service: UpstreamName;
  /** Server-sent events: an answer without an end. */
  readonly endless: boolean;
  /** Its body streams through instead of being taken whole first. */
  readonly streamed: boolean;
}

const LEDGER = '/v1/ledgers/:ledger';
const ACCOUNT = `${LEDGER}/accounts/:account`;
const HOLD = `${LEDGER}/holds/:id`;

/** Everything that is forwarded: what is not here lives nowhere, or does not take that method. */
const table: readonly (readonly [path: string, Readonly<Partial<Record<Method, UpstreamName>>>])[] = [
  ['/v1/assets/:code', { PUT: 'transfers' }],
  ['/v1/ledgers', { GET: 'transfers' }],
  [LEDGER, { GET: 'transfers', PUT: 'transfers' }],
  [`${LEDGER}/accounts`, { GET: 'accounts', POST: 'transfers' }],
  [ACCOUNT, { GET: 'accounts', PATCH: 'transfers' }],
  [`${ACCOUNT}/balance`, { GET: 'accounts' }],
  [`${ACCOUNT}/statement`, { GET: 'accounts' }],
  [`${ACCOUNT}/close`, { POST: 'transfers' }],
  [`${ACCOUNT}/reopen`, { POST: 'transfers' }],
  [`${LEDGER}/batch`, { POST: 'transfers' }],
  [`${LEDGER}/close-period`, { POST: 'transfers' }],
  [`${LEDGER}/commands/:id`, { GET: 'transfers' }],
  [`${LEDGER}/commands/:id/cancel`, { POST: 'transfers' }],
  [`${LEDGER}/events`, { GET: 'transfers' }],
  [`${LEDGER}/holds`, { GET: 'accounts', POST: 'transfers' }],
  [HOLD, { GET: 'transfers' }],
  [`${HOLD}/capture`, { POST: 'transfers' }],
  [`${HOLD}/release`, { POST: 'transfers' }],
  [`${LEDGER}/journal`, { GET: 'transfers' }],
  [`${LEDGER}/transfers`, { GET: 'accounts', POST: 'transfers' }],
  [`${LEDGER}/transfers/:id`, { GET: 'transfers' }],
  [`${LEDGER}/transfers/:id/reverse`, { POST: 'transfers' }],
  [`${LEDGER}/trial-balance`, { GET: 'accounts' }],
];

const PROCESSES = '/v1/processes/';

/** The table, and for each kind of process who asked for one: its service knows. */
export function routesAmong(rows: readonly ServiceRow[]): readonly Route[] {
  const tabled = table.flatMap(([path, methods]) =>
    methodNames.flatMap((method) => {
      const service = methods[method];
      return service ? [{ path, method, service, endless: path === `${LEDGER}/events`, streamed: path === `${LEDGER}/batch` }] : [];
    }),
  );
  const ofProcesses = rows.flatMap(({ name, processes }) =>
    processes.map((kind): Route => {
      const path = `${PROCESSES}${prefixOfProcesses(kind)}:id`;
      return { path, method: 'GET', service: name as UpstreamName, endless: false, streamed: false };
    }),
  );
  return [...tabled, ...ofProcesses];
}

export const routes: readonly Route[] = routesAmong(services);

type Paths = Readonly<Record<string, object>>;
type Part = { readonly paths: Paths };

/** Where the table and what a service describes of itself differ: `accounts: GET /v1/ledgers/{ledger} is not routed`. The feed is between services. */
export function differences(service: UpstreamName, { paths }: Part, among = routes): readonly string[] {
  const described = Object.entries(paths)
    .filter(([path]) => !path.startsWith('/v1/feed/'))
    .flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`));
  const ofService = among.filter((route) => route.service === service).map(({ method, path }) => `${method} ${documented(path)}`);
  const routed = [...new Set(ofService)];
  return [
    ...described.filter((one) => !routed.includes(one)).map((one) => `${service}: ${one} is not routed`),
    ...routed.filter((one) => !described.includes(one)).map((one) => `${service}: ${one} is routed and not described`),
  ];
}

/** Whether requests to a path of the document, `/v1/ledgers/{ledger}`, are forwarded. */
export const isRouted = (path: string, among = routes): boolean => among.some((route) => documented(route.path) === path);

/** A service describes one path for processes of all its kinds. */
const documented = (path: string): string => (path.startsWith(PROCESSES) ? `${PROCESSES}{process}` : path.replaceAll(/:(\w+)/g, '{$1}'));

/** False for a request target that somebody behind us might read as another path. @param target as it came, still percent-encoded. */
export function isPlain(target: string): boolean {
  const query = target.indexOf('?');
  const parts = (query < 0 ? target : target.slice(0, query)).split('/');
  return parts[0] === '' && !parts.slice(1).some((part) => DOTS.test(part));
}

const DOTS = /^(\.|%2e){0,2}$/i;
