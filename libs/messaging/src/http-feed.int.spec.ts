import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InMemoryEventStore } from '@mizan/event-store';
import { StoreFeed } from './feed.js';
import { HttpFeed, type HttpFeedOptions } from './http-feed.js';
import { sumEvent, sumEvents, textsInMemory } from './sums.fixture.js';

const words = { salt: '0'.repeat(32), reference: 'Rent for May', metadata: { flat: '4' } };
const store = new InMemoryEventStore();
const feed = new StoreFeed(store, textsInMemory([words]));

let server: Server;
let requests: string[];
/** What the server does in place of answering, one for each request to come. */
let mishaps: ((request: IncomingMessage, response: ServerResponse) => void)[];

beforeAll(async () => {
  await store.append('sums-a', 0, [sumEvent('sums-a', 1, { texts: words }), ...sumEvents('sums-a', 2, 1200)]);
  await store.append('journal-b/%26?c', 0, sumEvents('journal-b/%26?c', 1, 2));
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => {
  requests = [];
  mishaps = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** The two endpoints as the owner serves them. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  requests.push(request.url!);
  const mishap = mishaps.shift();
  if (mishap) return mishap(request, response);
  if (request.headers.authorization !== 'Bearer good') return send(response, 401, { code: 'unauthorized' });
  const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
  const [after, limit] = [searchParams.get('after'), Number(searchParams.get('limit'))];
  if (pathname === '/v1/feed/heads') return send(response, 200, await feed.heads(after, limit));
  const stream = decodeURIComponent(pathname.slice('/v1/feed/streams/'.length));
  return send(response, 200, { events: await feed.stream(stream, Number(after), limit) });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const over = (options: Partial<HttpFeedOptions> = {}): HttpFeed =>
  new HttpFeed({ urls: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`], token: async () => 'good', ...options });
const failing = (status: number) => (_request: IncomingMessage, response: ServerResponse) =>
  send(response, status, { code: `mishap_${status}` });

describe('the feed over HTTP', () => {
  it('is the feed of the store', async () => {
    const heads = await over().heads(null, 10);
    expect(heads).toEqual(await feed.heads(null, 10));
    expect(heads.heads).toContainEqual({ stream: 'sums-a', version: 1200 });
    expect(await over().heads(heads.next, 10)).toEqual({ heads: [], next: heads.next, full: false });
    expect(await over().heads(null, 1)).toMatchObject({ full: true });
    expect(await over().stream('sums-a', 0, 3)).toEqual(await feed.stream('sums-a', 0, 3));
    expect((await over().stream('sums-a', 0, 1))[0]).toEqual({
      version: 1,
      event: sumEvent('sums-a', 1, { texts: words }),
      texts: words,
    });
    expect(await over().stream('journal-b/%26?c', 1, 10)).toEqual([{ version: 2, event: sumEvent('journal-b/%26?c', 2), texts: null }]);
    expect(await over().stream('journal-none', 0, 10)).toEqual([]);
  });

  it('is bounded by its owner, whatever is asked', async () => {
    expect(await over().stream('sums-a', 0, 1_000_000)).toHaveLength(1000);
  });

  it('tries again what may pass, with a fresh token', async () => {
    const tokens = ['stale', 'good', 'good'];
    mishaps = [failing(503)];
    expect(await over({ token: async () => tokens.shift()! }).heads(null, 1)).toMatchObject({ next: expect.any(String) });
    expect(requests).toHaveLength(2);
    tokens.unshift('stale');
    await over({ token: async () => tokens.shift()! }).heads(null, 1);
    expect(requests).toHaveLength(4);
  });

  it('tells the source of its tokens which one was refused', async () => {
    let held = 'of a key that is no longer trusted';
    const told: (string | undefined)[] = [];
    const token = async (refused?: string): Promise<string> => {
      told.push(refused);
      if (refused === held) held = 'good';
      return held;
    };
    await over({ token }).heads(null, 1);
    await over({ token }).heads(null, 1);
    expect(told).toEqual([undefined, 'of a key that is no longer trusted', undefined]);
  });

  it('gives up after a few attempts, and says what the last one met', async () => {
    mishaps = Array.from({ length: 9 }, () => failing(503));
    await expect(over().heads(null, 1)).rejects.toThrow(/The feed at http:\/\/127.0.0.1:\d+ failed \(attempt 3\): 503 .*mishap_503/);
    expect(requests).toHaveLength(3);
  });

  it('does not ask again for what is refused', async () => {
    mishaps = [failing(403)];
    await expect(over().heads(null, 1)).rejects.toThrow(/attempt 1.*mishap_403/);
    expect(requests).toHaveLength(1);
  });

  it('asks another instance where one is gone, and goes on asking that one', async () => {
    const { port } = server.address() as AddressInfo;
    const feed = over({ urls: ['http://127.0.0.1:1', `http://127.0.0.1:${port}`], attempts: 2 });
    for (let asked = 1; asked <= 3; asked += 1) {
      await feed.heads(null, 1);
      expect(requests).toHaveLength(asked);
    }
  });

  it('does not wait for ever', async () => {
    mishaps = [() => {}, (_request, response) => void response.writeHead(200).write('{"heads":[')];
    await expect(over({ deadlineMs: 200, attempts: 2 }).heads(null, 1)).rejects.toThrow(/attempt 2/);
  });

  it('ends at once when it is told to', async () => {
    mishaps = [() => {}];
    const stop = new AbortController();
    const asking = over().heads(null, 1, stop.signal);
    stop.abort();
    await expect(asking).rejects.toThrow();
    await expect(over().heads(null, 1, stop.signal)).rejects.toThrow();
  });

  it.each<[string, string, (feed: HttpFeed) => Promise<unknown>]>([
    ['heads', '{"events":[]}', (feed) => feed.heads(null, 1)],
    ['heads', '{"heads":[],"next":null}', (feed) => feed.heads(null, 1)],
    ['a stream', '{"heads":[],"next":null}', (feed) => feed.stream('a', 0, 1)],
  ])('does not take anything else for %s', async (what, body, ask) => {
    mishaps = [(_request, response) => void response.writeHead(200).end(body)];
    await expect(ask(over())).rejects.toThrow(`not ${what}`);
  });

  it('says so where nobody listens', async () => {
    await expect(over({ urls: ['http://127.0.0.1:1'] }).heads(null, 1)).rejects.toThrow(
      /The feed at http:\/\/127.0.0.1:1 failed \(attempt 3\)/,
    );
  });
});
