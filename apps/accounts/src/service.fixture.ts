import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Caller, type KeptTexts, journalStream, seamsOf } from '@mizan/contracts';
import { type FeedToken, InMemoryEventStore } from '@mizan/event-store';
import type { LedgerEvent } from '@mizan/ledger';
import { type RelayTokens, StoreFeed } from '@mizan/messaging';
import { connectTo } from '@mizan/messaging/service';
import { TokenVerifier, createApplication } from '@mizan/platform';
import { type Loopback, loopback } from '@mizan/testing';
import type { JSONWebKeySet } from 'jose';
import { accountsModule } from './accounts.module.js';
import { fed } from './history.fixture.js';
import { JOURNAL } from './journal.consumer.js';

export interface Tokens {
  readonly publicKeys: JSONWebKeySet;
  sign(caller: Caller): Promise<string>;
}

/** A journal in memory, and what the gateway and `transfers` would answer this service about it, over HTTP. */
export class JournalServer {
  readonly store = new InMemoryEventStore();
  readonly texts = async (wanted: readonly { readonly commitment: string }[]): Promise<ReadonlyMap<string, KeptTexts>> =>
    new Map(wanted.flatMap(({ commitment }) => (this.kept.has(commitment) ? [[commitment, this.kept.get(commitment)!]] : [])));
  /** While false, the feed says that nothing ever happened: events come from elsewhere, or not at all. */
  announcing = true;
  /** While false, streams cannot be read. */
  readable = true;
  private readonly kept = new Map<string, KeptTexts>();
  private server!: Loopback;

  constructor(private readonly tokens: Tokens) {}

  async start(): Promise<this> {
    this.server = await loopback((request, response) => void this.answer(request, response));
    return this;
  }

  get url(): string {
    return this.server.url;
  }
  stop(): void {
    this.server.stop();
  }

  /** Appends events that follow the last ones of this ledger. */
  async append(uid: string, events: readonly LedgerEvent[]): Promise<void> {
    const encoded = fed(events, uid);
    for (const { event, texts } of encoded) if (texts) this.kept.set(seamsOf(event).texts!, texts);
    const appended = await this.store.append(
      journalStream(uid),
      events[0]!.position - 1,
      encoded.map(({ event }) => event),
    );
    if (appended.status !== 'appended') throw new Error(`${uid} is at ${appended.actual} already.`);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, this.url);
    const body = await this.bodyOf(pathname, searchParams).catch(() => null);
    response.writeHead(body ? 200 : 503, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  private async bodyOf(path: string, query: URLSearchParams): Promise<unknown> {
    const feed = new StoreFeed(this.store, this.texts);
    const limit = Number(query.get('limit'));
    if (path === '/v1/token')
      return {
        access_token: await this.tokens.sign({ tenant: '*', actor: 'service:accounts', scopes: ['feed'] }),
        token_type: 'Bearer',
        expires_in: 300,
      };
    if (path === '/v1/feed/heads') return this.announcing ? feed.heads(query.get('after'), limit) : { heads: [], next: null, full: false };
    if (!this.readable) return null;
    return { events: await feed.stream(path.slice('/v1/feed/streams/'.length), Number(query.get('after')), limit) };
  }
}

export interface ServiceUnderTest {
  /** GET as a tenant. */
  ask(path: string, tenant?: string): Promise<Answer>;
  readonly url: string;
  tokenOf(tenant: string): Promise<string>;
  stop(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // A test reads what it expects; what is not there fails the expectation.
  readonly body: any; // oxlint-disable-line typescript/no-explicit-any
}

/** The service as main.ts wires it, on a free port. */
export async function startService(
  databaseUrl: string,
  journal: JournalServer,
  tokens: Tokens,
  kafka: readonly string[] | null = null,
): Promise<ServiceUnderTest> {
  const app = await createApplication({
    name: 'accounts',
    module: accountsModule({
      HOST: '127.0.0.1',
      PORT: 0,
      DATABASE_URL: databaseUrl,
      GATEWAY_URL: journal.url,
      TRANSFERS_URL: [journal.url],
      SERVICE_KEY: 'a key that the test does not check',
      TOKEN_KEYS_FILE: tokens.publicKeys,
      BUS: kafka ? 'kafka' : 'feed',
      KAFKA_BROKERS: kafka ?? [],
    }),
    tokens: new TokenVerifier(tokens.publicKeys),
    connect: connectTo(JOURNAL),
  });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const tokenOf = (tenant: string) => tokens.sign({ tenant, actor: `key:${tenant}`, scopes: ['ledger'] });
  return {
    url,
    tokenOf,
    ask: async (path, tenant = 'acme') => {
      const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${await tokenOf(tenant)}` } });
      return { status: response.status, headers: response.headers, body: await response.json() };
    },
    stop: () => app.close(),
  };
}

/** Asks again until it is so. */
export async function eventually<T>(ask: () => Promise<T>, so: (answer: T) => boolean, withinMs = 20_000): Promise<T> {
  for (const until = Date.now() + withinMs; ;) {
    const answer = await ask();
    if (so(answer)) return answer;
    if (Date.now() > until) throw new Error(`Not so within ${withinMs} ms: ${JSON.stringify(answer)}`);
    await new Promise((later) => setTimeout(later, 20));
  }
}

/** Where a relay is, kept for as long as the test runs. */
export function placeInMemory(start: FeedToken | null = null): RelayTokens {
  let place = start;
  return {
    claim: async () => ({
      read: async () => place,
      store: async (token) => {
        place = token;
      },
      release: async () => {},
    }),
  };
}
