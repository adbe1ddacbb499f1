import type { IncomingHttpHeaders } from 'node:http';

/** Headers that concern one connection alone (RFC 9110, 7.6.1), and those that the gateway writes itself. */
const ofOneHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const ofTheGateway = new Set([
  'mizan-forwarded',
  'host',
  'authorization',
  'x-request-id',
  'traceparent',
  'content-length',
  'expect',
  'cookie',
]);

/** What of a caller's headers goes on, as name, value, name, value, ... @param raw as Node gives them. */
export function headersToForward(raw: readonly string[], own: readonly string[]): string[] {
  const headers = [...own];
  const named = namedByConnection(raw);
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    if (!ofOneHop.has(name) && !ofTheGateway.has(name) && !named?.has(name)) headers.push(name, raw[i + 1]!);
  }
  return headers;
}

/** `Connection: close, x-hint` says that x-hint is of this hop too. */
function namedByConnection(raw: readonly string[]): Set<string> | null {
  let named: Set<string> | null = null;
  for (let i = 0; i < raw.length; i += 2)
    if (raw[i]!.length === 10 && raw[i]!.toLowerCase() === 'connection')
      for (const name of raw[i + 1]!.toLowerCase().split(',')) (named ??= new Set()).add(name.trim());
  return named;
}

/** What of a service's headers goes back. */
export function headersToReturn(headers: IncomingHttpHeaders, requestId: string): Record<string, string | string[]> {
  const returned: Record<string, string | string[]> = {};
  for (const name in headers) if (!ofOneHop.has(name)) returned[name] = headers[name]!;
  returned['x-request-id'] = requestId;
  return returned;
}
