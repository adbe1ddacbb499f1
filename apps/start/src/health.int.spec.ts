import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { becomesReady, failingParts, inWords } from './health.js';

const names = ['transfers', 'accounts', 'gateway'];

describe('the health of a service', () => {
  let checks: Record<string, object>;
  const server = createServer((_, response) => response.writeHead(503).end(JSON.stringify({ ready: false, checks })));
  let url: string;
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  it('is that of its own parts, not of the services it speaks for', async () => {
    checks = { database: { ready: true }, accounts: { ready: false, detail: 'journal: halted' } };
    expect(await failingParts({ name: 'gateway', url }, names)).toEqual([]);
    expect(await becomesReady({ name: 'gateway', url }, names, () => false)).toBe(true);
    checks = { database: { ready: false, detail: 'refused' } };
    expect(await failingParts({ name: 'gateway', url }, names)).toEqual([{ service: 'gateway', part: 'database', detail: 'refused' }]);
  });

  it('is unknown where it does not answer', async () => {
    expect(await failingParts({ name: 'gateway', url: 'http://127.0.0.1:1' }, names)).toBeNull();
  });

  it('does not come by waiting where the books stand still', async () => {
    checks = { journal: { ready: false, detail: 'The books stand still: mizan.journal/0@5 is no message.' } };
    expect(await becomesReady({ name: 'accounts', url }, names, () => false)).toBe(false);
  });
});

it('is put into words with what to do', () => {
  const halt = { service: 'accounts', part: 'journal', detail: 'The books stand still: mizan.journal/0@5 is no message.' };
  expect(inWords(halt, 'logs/accounts.log', '.mizan/kafka')).toBe(
    'accounts: the books stand still: mizan.journal/0@5 is no message. Posting goes on. ' +
      'If a message on Kafka is the cause: stop, remove .mizan/kafka, start again; no entry is lost. See logs/accounts.log',
  );
  expect(inWords(halt, 'logs/accounts.log', null)).not.toContain('remove');
  expect(inWords({ ...halt, part: 'database', detail: 'refused' }, 'logs/accounts.log', '.mizan/kafka')).toBe(
    'accounts is not ready: database: refused. See logs/accounts.log',
  );
});
