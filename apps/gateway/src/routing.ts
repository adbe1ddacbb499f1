export const serviceNames = ['transfers', 'accounts'] as const;
export type ServiceName = (typeof serviceNames)[number];

export interface Route {
  readonly service: ServiceName;
  /** Server-sent events: an answer without an end. */
  readonly endless: boolean;
}

/**
 * Which service owns a path under /v1/ledgers or /v1/assets: reads of accounts are the read models', all else is the writer's.
 * Null for a path that somebody behind us might read as another one.
 * @param target the request target as it came, still percent-encoded: `/v1/ledgers/main/accounts/clients%3A17?minPosition=8`.
 */
export function routeOf(method: string, target: string): Route | null {
  const query = target.indexOf('?');
  const parts = (query < 0 ? target : target.slice(0, query)).split('/');
  if (parts[0] !== '' || parts.some((part) => DOTS.test(part))) return null;
  const reading = method === 'GET' || method === 'HEAD';
  const [, , , , things, , aspect] = parts;
  const service = reading && isOfAccounts(parts.length, things, aspect) ? 'accounts' : 'transfers';
  return { service, endless: reading && things === 'events' && parts.length === 5 };
}

/** `/v1/ledgers/{ledger}/{things}/{id}/{aspect}`: the parts are '', v1, ledgers, the ledger, things, the id, the aspect. */
function isOfAccounts(length: number, things: string | undefined, aspect: string | undefined): boolean {
  if (things === 'trial-balance') return length === 5;
  if (things !== 'accounts') return false;
  return length <= 6 || (length === 7 && (aspect === 'balance' || aspect === 'statement'));
}

const DOTS = /^(\.|%2e){1,2}$/i;
