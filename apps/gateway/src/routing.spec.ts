import { routeOf } from './routing.js';

const transfers = { service: 'transfers', endless: false };
const accounts = { service: 'accounts', endless: false };

it.each([
  // Reads of accounts are the read models'.
  ['GET', '/v1/ledgers/main/accounts', accounts],
  ['HEAD', '/v1/ledgers/main/accounts', accounts],
  ['GET', '/v1/ledgers/main/accounts?prefix=clients/17', accounts],
  ['GET', '/v1/ledgers/main/accounts/clients:17', accounts],
  ['GET', '/v1/ledgers/main/accounts/clients%3A17/balance?minPosition=3', accounts],
  ['GET', '/v1/ledgers/main/accounts/a..b/statement', accounts],
  ['GET', '/v1/ledgers/main/trial-balance', accounts],
  ['GET', '/v1/ledgers/accounts/accounts', accounts],
  // All else is the writer's.
  ['GET', '/v1/ledgers', transfers],
  ['GET', '/v1/ledgers/accounts', transfers],
  ['GET', '/v1/ledgers/trial-balance', transfers],
  ['POST', '/v1/ledgers/main/accounts', transfers],
  ['PATCH', '/v1/ledgers/main/accounts/clients:17', transfers],
  ['POST', '/v1/ledgers/main/accounts/clients:17/close', transfers],
  ['GET', '/v1/ledgers/main/accounts/clients:17/other', transfers],
  ['GET', '/v1/ledgers/main/transfers/trial-balance', transfers],
  ['GET', '/v1/ledgers/main/commands/accounts', transfers],
  ['GET', '/v1/ledgers/main/journal', transfers],
  ['PUT', '/v1/assets/POINTS', transfers],
  ['GET', '/v1/ledgers/main/events', { service: 'transfers', endless: true }],
  ['GET', '/v1/ledgers/main/events?x', { service: 'transfers', endless: true }],
  ['POST', '/v1/ledgers/main/events', transfers],
  // Nothing that another server might read as a different path.
  ['GET', '/v1/ledgers/../feed/heads', null],
  ['GET', '/v1/ledgers/%2e%2E/feed/heads', null],
  ['GET', '/v1/ledgers/./main', null],
  ['GET', 'http://elsewhere/v1/ledgers', null],
])('%s %s', (method, target, route) => expect(routeOf(method, target)).toEqual(route));
