import { TokenVerifier, createApplication, realClock } from '@mizan/platform';
import { testTokens } from '@mizan/testing';
import { transfersModule } from './transfers.module.js';
import { transfersDatabase } from './writing.fixture.js';

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly headers: Record<string, unknown>;
}

export type Service = Awaited<ReturnType<typeof startService>>;

/** The service with a database of its own, asked without a socket as the tenant `one`, and the ledger `main`, which is empty. */
export async function startService() {
  const database = await transfersDatabase();
  const tokens = await testTokens();
  const sign = (tenant: string, actor: string, scope: string): Promise<string> => tokens.sign({ tenant, actor, scopes: [scope] });
  const token = await sign('one', 'key:one', 'ledger');
  const start = async () => {
    const settings = {
      HOST: '127.0.0.1',
      PORT: 0,
      DATABASE_URL: database.url,
      EVENT_STORE: 'postgres' as const,
      EVENTSTORE_URL: null,
      TOKEN_KEYS_FILE: tokens.publicKeys,
      TRANSFERS_URL: 'http://127.0.0.1:1',
      BUS: 'feed' as const,
      KAFKA_BROKERS: [],
      MOVABLE_CLOCK_FILE: realClock,
    };
    const made = await createApplication({
      name: 'transfers',
      module: transfersModule(settings),
      tokens: new TokenVerifier(tokens.publicKeys),
    });
    await made.init();
    await made.getHttpAdapter().getInstance().ready();
    return made;
  };
  let app = await start();

  async function send<T>(
    method: 'GET' | 'PUT' | 'POST' | 'PATCH',
    url: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const answer = await app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return {
      status: answer.statusCode,
      body: answer.body === '' ? (undefined as T) : (JSON.parse(answer.body) as T),
      headers: answer.headers,
    };
  }

  const service = {
    database,
    token,
    sign: tokens.sign,
    strangerToken: await sign('two', 'key:two', 'ledger'),
    feedToken: await sign('*', 'service:accounts', 'feed'),
    send,
    put: <T>(url: string, body: unknown): Promise<Answer<T>> => send('PUT', url, body),
    post: <T>(url: string, body: unknown, headers?: Record<string, string>): Promise<Answer<T>> => send('POST', url, body, headers),
    get: <T>(url: string, headers?: Record<string, string>): Promise<Answer<T>> => send('GET', url, undefined, headers),
    /** The journal's stored texts, one a line. */
    journalLines: async (ledger = 'main'): Promise<string> =>
      (
        await app.inject({
          url: `/v1/ledgers/${ledger}/journal`,
          headers: { authorization: `Bearer ${token}`, accept: 'application/x-ndjson' },
        })
      ).body,
    /** What Prometheus would read: name with labels → value. */
    metrics: async (): Promise<ReadonlyMap<string, number>> =>
      new Map(
        (await app.inject('/metrics')).body
          .split('\n')
          .flatMap((line) => (/^[a-z]/.test(line) ? [[line.replace(/ \S+$/, ''), Number(line.split(' ').at(-1))] as const] : [])),
      ),
    restart: async (): Promise<void> => {
      await app.close();
      app = await start();
    },
    stop: async (): Promise<void> => {
      await app.close();
      await database.drop();
    },
  };
  await service.put('/v1/ledgers/main', { name: 'Main book' });
  return service;
}
