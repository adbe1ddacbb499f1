import { setTimeout as pause } from 'node:timers/promises';
import { CAUSATION_HEADER, CORRELATION_HEADER } from '@mizan/contracts';
import type {
  AccountBody,
  AssetBody,
  BalanceBody,
  CommandBody,
  EntryBody,
  HoldBody,
  JournalItemBody,
  LedgerBody,
  ListBody,
  ProcessBody,
  ResultBody,
  StatementBody,
  TokenBody,
  TrialBalanceBody,
} from '@mizan/contracts';
import { lines, sentEvents } from './lines.js';
import type { AccountChange, HoldCapture, NewAccount, NewHold, NewTransfer, Operation, Reversal } from './operation.js';
import { type Call, type Reply, Transport, type TransportOptions } from './transport.js';

export interface MizanClientOptions extends Omit<TransportOptions, 'credential'> {
  /** For the gateway. */
  readonly apiKey?: string;
  /** For a service's own port: a token, or a way to get a fresh one (they live for minutes). */
  readonly token?: string | (() => string | Promise<string>);
}

/** Why a client writes what it writes, as it will stand in the events. */
export interface Reason {
  /** What the writes belong to: a service's process, an order; 1 to 128 of A-Z a-z 0-9 _ . : -, a letter or digit first. */
  readonly correlation: string;
  /** The event that led to them, `<stream>@<version>`; services alone say one. */
  readonly causation?: string;
}

/** What a write answers: the thing as it is, and whether this id had already been sent before. */
export interface Written<T> {
  readonly body: T;
  readonly replayed: boolean;
}

/** Reads of balances may lag behind the journal; with `minPosition` the server waits until it has come so far. */
export interface AtLeast {
  readonly minPosition?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A question about the past: what counts at a moment, as it was known at another; both RFC 3339 with Z and inclusive. */
export interface PastQuestion extends AtLeast {
  readonly at?: string | undefined;
  readonly recordedAt?: string | undefined;
}

/** What entries and holds are searched by: all parts must fit. Moments as RFC 3339 with Z, `from` inclusive, `to` exclusive. */
interface SearchFilter extends AtLeast {
  readonly account?: string | undefined;
  readonly reference?: string | undefined;
  readonly metadata?: EntryBody['metadata'] | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** By position in the journal, `newest` first unless it says otherwise. */
  readonly order?: 'newest' | 'oldest' | undefined;
  /** Items asked for at once. */
  readonly limit?: number | undefined;
}

/** Which entries a list shows; `from` and `to` are about when they count. */
export interface EntryFilter extends SearchFilter {
  /** Of the account. */
  readonly side?: 'debit' | 'credit' | undefined;
}

/** Which holds a list shows; `from` and `to` are about when they were placed. */
export interface HoldFilter extends SearchFilter {
  readonly status?: HoldBody['status'] | undefined;
}

/** What one service says of itself; its parts by name, with what is worth knowing of each. */
export interface ServiceStatus {
  readonly service: string;
  readonly ready: boolean;
  readonly version?: string;
  readonly detail?: string;
  readonly checks?: Readonly<Record<string, { readonly ready: boolean; readonly detail?: string }>>;
}

export interface StatusBody {
  readonly ready: boolean;
  readonly services: Readonly<Record<string, ServiceStatus>>;
}

type Query = NonNullable<Call['query']>;

/** How many items a page of a list asks for: the API's own bound. */
const PAGE = 1000;
/** The wait before a broken stream of events is taken up again, ms. */
const RECONNECT_MS = 250;

/** The HTTP API, one method for each call. Errors: MizanProblem, OutcomeUnknown, Unreachable. */
export class MizanClient {
  readonly #http: Transport;
  readonly #options: MizanClientOptions;
  readonly #reason: Readonly<Record<string, string>>;

  /** @param whose a client whose connections this one shares. @param reason that of its writes. */
  constructor(options: MizanClientOptions, whose?: MizanClient, reason?: Reason) {
    const { apiKey, token, ...rest } = options;
    this.#options = options;
    this.#http = whose ? whose.#http : new Transport({ ...rest, credential: token ?? apiKey });
    this.#reason = {
      ...(reason && { [CORRELATION_HEADER]: reason.correlation }),
      ...(reason?.causation !== undefined && { [CAUSATION_HEADER]: reason.causation }),
    };
  }

  /** The same client, over the same connections, whose writes say why they are sent. To close either is to close both. */
  because(reason: Reason): MizanClient {
    return new MizanClient(this.#options, this, reason);
  }

  /** Lets calls under way end, then closes the connections. */
  close(): Promise<void> {
    return this.#http.close();
  }

  // Ledgers and assets.

  putLedger(ledger: string, body: { readonly name?: string } = {}): Promise<Written<LedgerBody>> {
    return this.#write('PUT', ledgerPath(ledger), body);
  }
  ledger(ledger: string): Promise<LedgerBody> {
    return this.#get(ledgerPath(ledger));
  }
  ledgers(): AsyncGenerator<LedgerBody> {
    return this.#list('/v1/ledgers', {});
  }
  /** No entry may be effective on or before that day any more. @param through `YYYY-MM-DD`, UTC. */
  closePeriod(ledger: string, period: { readonly id: string; readonly through: string }): Promise<Written<LedgerBody>> {
    return this.#write('POST', `${ledgerPath(ledger)}/close-period`, period);
  }
  putAsset(code: string, exponent: number): Promise<Written<AssetBody>> {
    return this.#write('PUT', `/v1/assets/${segment(code)}`, { exponent });
  }

  // Accounts.

  openAccount(ledger: string, account: NewAccount): Promise<Written<AccountBody>> {
    return this.#write('POST', `${ledgerPath(ledger)}/accounts`, account);
  }
  account(ledger: string, account: string, at: AtLeast = {}): Promise<AccountBody> {
    return this.#get(accountPath(ledger, account), { minPosition: at.minPosition }, at.signal);
  }
  accounts(
    ledger: string,
    filter: AtLeast & {
      readonly prefix?: string | undefined;
      readonly type?: string | undefined;
      readonly asset?: string | undefined;
    } = {},
  ): AsyncGenerator<AccountBody> {
    const { signal, ...query } = filter;
    return this.#list(`${ledgerPath(ledger)}/accounts`, query, signal);
  }
  updateAccount(ledger: string, account: string, change: AccountChange): Promise<Written<AccountBody>> {
    return this.#write('PATCH', accountPath(ledger, account), change);
  }
  closeAccount(ledger: string, account: string, id: string): Promise<Written<AccountBody>> {
    return this.#write('POST', `${accountPath(ledger, account)}/close`, { id });
  }
  reopenAccount(ledger: string, account: string, id: string): Promise<Written<AccountBody>> {
    return this.#write('POST', `${accountPath(ledger, account)}/reopen`, { id });
  }

  // Money.

  transfer(ledger: string, transfer: NewTransfer): Promise<Written<EntryBody>> {
    return this.#write('POST', `${ledgerPath(ledger)}/transfers`, transfer);
  }
  /** The entry that a transfer, a capture or a reversal posted, with its reversals. */
  entry(ledger: string, id: string): Promise<EntryBody> {
    return this.#get(`${ledgerPath(ledger)}/transfers/${segment(id)}`);
  }
  entries(ledger: string, filter: EntryFilter = {}): AsyncGenerator<EntryBody> {
    return this.#search(`${ledgerPath(ledger)}/transfers`, filter);
  }
  holds(ledger: string, filter: HoldFilter = {}): AsyncGenerator<HoldBody> {
    return this.#search(`${ledgerPath(ledger)}/holds`, filter);
  }
  reverse(ledger: string, entry: string, reversal: Reversal): Promise<Written<EntryBody>> {
    return this.#write('POST', `${ledgerPath(ledger)}/transfers/${segment(entry)}/reverse`, reversal);
  }
  placeHold(ledger: string, hold: NewHold): Promise<Written<HoldBody>> {
    return this.#write('POST', `${ledgerPath(ledger)}/holds`, hold);
  }
  hold(ledger: string, id: string): Promise<HoldBody> {
    return this.#get(holdPath(ledger, id));
  }
  captureHold(ledger: string, hold: string, capture: HoldCapture): Promise<Written<EntryBody>> {
    return this.#write('POST', `${holdPath(ledger, hold)}/capture`, capture);
  }
  releaseHold(ledger: string, hold: string, id: string): Promise<Written<HoldBody>> {
    return this.#write('POST', `${holdPath(ledger, hold)}/release`, { id });
  }
  command(ledger: string, id: string): Promise<CommandBody> {
    return this.#get(`${ledgerPath(ledger)}/commands/${segment(id)}`);
  }
  /** Gives an id up: the result is `cancelled`, or the first answer where the id had been used. */
  cancel(ledger: string, id: string): Promise<Written<CommandBody>> {
    return this.#write('POST', `${ledgerPath(ledger)}/commands/${segment(id)}/cancel`, undefined);
  }
  /** 1 .. 8,192 operations; one result for each, in order. A refused one is a result, not an error. */
  async batch(ledger: string, operations: readonly Operation[], signal?: AbortSignal): Promise<readonly ResultBody[]> {
    const path = `${ledgerPath(ledger)}/batch`;
    const { body } = await this.#write<{ readonly results: readonly ResultBody[] }>('POST', path, { operations }, signal);
    return body.results;
  }

  // Reading.

  balance(ledger: string, account: string, asked: PastQuestion = {}): Promise<BalanceBody> {
    const { signal, ...query } = asked;
    return this.#get(`${accountPath(ledger, account)}/balance`, query, signal);
  }

  /** The pages of a statement; opening and closing of each are those of the whole range. */
  async *statement(
    ledger: string,
    account: string,
    range: Omit<PastQuestion, 'at'> & { readonly from?: string | undefined; readonly to?: string | undefined } = {},
  ): AsyncGenerator<StatementBody> {
    const { signal, ...query } = range;
    let cursor: string | undefined;
    do {
      const page: StatementBody = await this.#get(`${accountPath(ledger, account)}/statement`, { ...query, limit: PAGE, cursor }, signal);
      yield page;
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
  }

  trialBalance(ledger: string, filter: PastQuestion & { readonly prefix?: string | undefined } = {}): Promise<TrialBalanceBody> {
    const { signal, ...query } = filter;
    return this.#get(`${ledgerPath(ledger)}/trial-balance`, query, signal);
  }

  /** The journal as stored, in order of position, up to its end; the next page is on its way while this one is used. */
  async *journal(
    ledger: string,
    from: { readonly after?: number; readonly limit?: number; readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<JournalItemBody> {
    const page = (after: number): Promise<ListBody<JournalItemBody>> =>
      this.#get(`${ledgerPath(ledger)}/journal`, { after, limit: from.limit ?? PAGE }, from.signal);
    let coming: Promise<ListBody<JournalItemBody>> | null = page(from.after ?? 0);
    while (coming) {
      const { items, next }: ListBody<JournalItemBody> = await coming;
      const last = items.at(-1);
      coming = next === null || !last ? null : page(last.position);
      // A reader who stops early leaves a page behind that nobody will await.
      coming?.catch(() => undefined);
      yield* items;
    }
  }

  /** The stored texts alone, byte for byte as hashed, as one stream up to the last position. */
  async *journalTexts(ledger: string, after = 0, signal?: AbortSignal): AsyncGenerator<string> {
    const headers = { accept: 'application/x-ndjson' };
    yield* lines(await this.#http.stream({ method: 'GET', path: `${ledgerPath(ledger)}/journal`, query: { after }, headers, signal }));
  }

  /**
   * The stored texts as the journal grows, without end. A line that breaks is taken up again after the last event seen;
   * the error of a server that stays away is thrown.
   * @param after the last position that is already known; absent: from the beginning.
   */
  async *events(ledger: string, after = 0, signal?: AbortSignal): AsyncGenerator<Pick<JournalItemBody, 'position' | 'event'>> {
    let last = after;
    for (;;) {
      const headers = { accept: 'text/event-stream', 'last-event-id': String(last) };
      const stream = await this.#http.stream({ method: 'GET', path: `${ledgerPath(ledger)}/events`, headers, signal });
      try {
        for await (const { id, data } of sentEvents(stream)) {
          // What has no position of its own is no event of the journal, and nothing to go on after.
          if (id === null || !/^\d{1,15}$/.test(id) || Number(id) <= last) continue;
          last = Number(id);
          yield { position: last, event: data };
        }
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof RangeError) throw error;
      }
      await pause(RECONNECT_MS, undefined, signal ? { signal } : {});
    }
  }

  // The service itself.

  /** A short-lived token for this key, with which a service's own port can be called. */
  async token(): Promise<TokenBody> {
    return (await this.#write<TokenBody>('POST', '/v1/token', undefined)).body;
  }
  /** What the server says about its health, ready or not. */
  async health(): Promise<{ readonly ready: boolean; readonly body: unknown }> {
    const { status, body } = await this.#http.once<unknown>({ method: 'GET', path: '/health/ready' });
    return { ready: status === 200, body };
  }
  /** A process of a service, `<kind>-<id>`, and who asked for it. */
  process(process: string): Promise<ProcessBody> {
    return this.#get(`/v1/processes/${segment(process)}`);
  }
  /** How the whole platform is, service by service. */
  status(): Promise<StatusBody> {
    return this.#get('/v1/status');
  }
  openapi(): Promise<unknown> {
    return this.#get('/v1/openapi.json');
  }

  async #get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
    return (await this.#http.json<T>({ method: 'GET', path, query, signal })).body;
  }

  #search<T>(path: string, { signal, metadata = {}, ...query }: SearchFilter): AsyncGenerator<T> {
    const words = Object.fromEntries(Object.entries(metadata).map(([key, value]) => [`metadata.${key}`, value]));
    return this.#list(path, { ...query, ...words }, signal);
  }

  async *#list<T>(path: string, query: Query, signal?: AbortSignal): AsyncGenerator<T> {
    let cursor: string | undefined;
    do {
      const page: ListBody<T> = await this.#get(path, { ...query, limit: query.limit ?? PAGE, cursor }, signal);
      yield* page.items;
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
  }

  async #write<T>(method: 'POST' | 'PUT' | 'PATCH', path: string, body: unknown, signal?: AbortSignal): Promise<Written<T>> {
    const reply: Reply<T> = await this.#http.json<T>({ method, path, body, headers: this.#reason, signal });
    return { body: reply.body, replayed: reply.headers['idempotency-replayed'] === 'true' };
  }
}

/** Account ids keep their colons: they are legal in a path, and easier to read in a log. */
const segment = (text: string): string => encodeURIComponent(text).replaceAll('%3A', ':');
const ledgerPath = (ledger: string): string => `/v1/ledgers/${segment(ledger)}`;
const accountPath = (ledger: string, account: string): string => `${ledgerPath(ledger)}/accounts/${segment(account)}`;
const holdPath = (ledger: string, hold: string): string => `${ledgerPath(ledger)}/holds/${segment(hold)}`;
