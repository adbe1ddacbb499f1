import { serviceNamed } from '@mizan/contracts';
import { differences, isPlain, isRouted, routes, routesAmong } from './routing.js';

it.each([
  '/v1/ledgers',
  '/v1/ledgers/main/accounts/clients%3A17/balance?minPosition=3',
  '/v1/ledgers/main/accounts/a..b',
  '/v1/ledgers?x=../..',
])('%s is one path to everybody', (target) => expect(isPlain(target)).toBe(true));

it.each([
  '/v1/ledgers/../feed/heads',
  '/v1/ledgers/%2e%2E/accounts',
  '/v1/ledgers/./main',
  '/v1/ledgers//accounts',
  '/v1/ledgers/.%2e',
  'http://elsewhere/v1/ledgers',
])('%s may be another path to others', (target) => expect(isPlain(target)).toBe(false));

it('reads of accounts and lists of money are the read models’, all else is the writer’s', () => {
  const ofAccounts = routes.filter(({ service }) => service === 'accounts');
  expect(ofAccounts.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /v1/ledgers/:ledger/accounts',
    'GET /v1/ledgers/:ledger/accounts/:account',
    'GET /v1/ledgers/:ledger/accounts/:account/balance',
    'GET /v1/ledgers/:ledger/accounts/:account/statement',
    'GET /v1/ledgers/:ledger/holds',
    'GET /v1/ledgers/:ledger/transfers',
    'GET /v1/ledgers/:ledger/trial-balance',
  ]);
});

it('one path is endless, one streams', () => {
  expect(routes.filter(({ endless }) => endless).map(({ path }) => path)).toEqual(['/v1/ledgers/:ledger/events']);
  expect(routes.filter(({ streamed }) => streamed).map(({ path }) => path)).toEqual(['/v1/ledgers/:ledger/batch']);
});

it('shows of a service what is routed', () => {
  expect(isRouted('/v1/ledgers/{ledger}/accounts/{account}')).toBe(true);
  expect(isRouted('/v1/feed/heads')).toBe(false);
});

it('finds where a service and the table differ', () => {
  const paths = {
    '/v1/ledgers/{ledger}/accounts': { get: {}, delete: {} },
    '/v1/ledgers/{ledger}/other': { get: {} },
    '/v1/feed/heads': { get: {} },
  };
  expect(differences('accounts', { paths })).toEqual([
    'accounts: DELETE /v1/ledgers/{ledger}/accounts is not routed',
    'accounts: GET /v1/ledgers/{ledger}/other is not routed',
    'accounts: GET /v1/ledgers/{ledger}/accounts/{account} is routed and not described',
    'accounts: GET /v1/ledgers/{ledger}/accounts/{account}/balance is routed and not described',
    'accounts: GET /v1/ledgers/{ledger}/accounts/{account}/statement is routed and not described',
    'accounts: GET /v1/ledgers/{ledger}/holds is routed and not described',
    'accounts: GET /v1/ledgers/{ledger}/transfers is routed and not described',
    'accounts: GET /v1/ledgers/{ledger}/trial-balance is routed and not described',
  ]);
});

it('a process is asked for at the service whose kind it is, which describes one path for all', () => {
  const among = routesAmong([{ ...serviceNamed('accounts'), processes: ['payout', 'refund'] }]);
  const ofProcesses = among.filter(({ path }) => path.startsWith('/v1/processes/'));
  expect(ofProcesses.map(({ method, path, service }) => `${method} ${path} ${service}`)).toEqual([
    'GET /v1/processes/payout-:id accounts',
    'GET /v1/processes/refund-:id accounts',
  ]);
  expect(isRouted('/v1/processes/{process}', among)).toBe(true);
  expect(isRouted('/v1/processes/{process}')).toBe(false);
  const described = differences('accounts', { paths: { '/v1/processes/{process}': { get: {} } } }, among);
  expect(described.filter((one) => one.includes('processes'))).toEqual([]);
  expect(differences('accounts', { paths: {} }, among).filter((one) => one.includes('processes'))).toHaveLength(1);
});
