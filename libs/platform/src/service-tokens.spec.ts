import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serviceTokens, tenantTokens } from './service-tokens.js';

type Answer = { readonly status: number; readonly expiresIn?: number };
let server: Server;
let asked: (string | undefined)[];
let bodies: string[];

/** A gateway that gives these answers one after another, the last of them for ever. */
async function gateway(...answers: readonly Answer[]): Promise<string> {
  asked = [];
  bodies = [];
  server = createServer((request: IncomingMessage, response: ServerResponse) => {
    asked.push(request.headers.authorization);
    request.on('data', (chunk) => bodies.push(String(chunk)));
    const { status, expiresIn = 300 } = answers[Math.min(asked.length, answers.length) - 1]!;
    response.writeHead(status).end(JSON.stringify({ access_token: `token-${asked.length}`, expires_in: expiresIn }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

it('exchanges the key once, also for calls that come together', async () => {
  const token = serviceTokens({ gatewayUrl: await gateway({ status: 200 }), apiKey: 'mzn_0' });
  expect(await Promise.all([token(), token()])).toEqual(['token-1', 'token-1']);
  expect(await token()).toBe('token-1');
  expect(asked).toEqual(['Bearer mzn_0']);
});

it('gets a new token shortly before the old one ends', async () => {
  const token = serviceTokens({ gatewayUrl: await gateway({ status: 200, expiresIn: 29 }), apiKey: 'mzn_0' });
  expect([await token(), await token()]).toEqual(['token-1', 'token-2']);
});

it('drops a token that was refused, once for all who were refused it', async () => {
  const token = serviceTokens({ gatewayUrl: await gateway({ status: 200 }), apiKey: 'mzn_0' });
  expect(await token()).toBe('token-1');
  expect(await Promise.all([token('token-1'), token('token-1')])).toEqual(['token-2', 'token-2']);
  expect([await token('token-1'), await token()]).toEqual(['token-2', 'token-2']);
});

it('tries again while the gateway is not there', async () => {
  const token = serviceTokens({ gatewayUrl: await gateway({ status: 503 }, { status: 200 }), apiKey: 'mzn_0' });
  expect(await token()).toBe('token-2');
});

it('does not insist when the key is refused, and asks anew next time', async () => {
  const token = serviceTokens({ gatewayUrl: await gateway({ status: 401 }, { status: 200 }), apiKey: 'mzn_0' });
  await expect(token()).rejects.toThrow('refused this service');
  expect(asked).toHaveLength(1);
  expect(await token()).toBe('token-2');
});

it('gives up after some attempts', async () => {
  const token = serviceTokens({ gatewayUrl: await gateway({ status: 500 }), apiKey: 'mzn_0' });
  await expect(token()).rejects.toThrow('answered 500');
  expect(asked).toHaveLength(5);
});

it('keeps a token for each tenant that the service acts for', async () => {
  const token = tenantTokens({ gatewayUrl: await gateway({ status: 200 }), apiKey: 'mzn_0' });
  expect([await token('acme'), await token('other'), await token('acme'), await token('acme', 'token-1')]).toEqual([
    'token-1',
    'token-2',
    'token-1',
    'token-3',
  ]);
  expect(bodies).toEqual(['{"tenant":"acme"}', '{"tenant":"other"}', '{"tenant":"acme"}']);
});
