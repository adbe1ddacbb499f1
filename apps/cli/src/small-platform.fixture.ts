import { randomBytes, randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type AccountBody,
  type EntryBody,
  type HoldBody,
  type JournalItemBody,
  type KeptTexts,
  type ProblemDocument,
  type ProcessBody,
  type ResultBody,
  type StatementLineBody,
  type TrialBalanceBody,
  accountBody,
  balancesBody,
  encodeEvent,
  entryBody,
  holdBody,
  instantText,
  statusOf,
} from '@mizan/contracts';
import {
  type Account,
  Book,
  type Hold,
  type LedgerEvent,
  decide,
  isEntry,
  normalSide,
  openLedger,
  posted,
  readOperation,
} from '@mizan/ledger';

/** What a test may make the platform say wrongly. */
export interface Lies {
  journal?: (items: JournalItemBody[]) => JournalItemBody[];
  account?: (account: AccountBody) => AccountBody;
  trialBalance?: (body: TrialBalanceBody) => TrialBalanceBody;
  entry?: (entry: EntryBody) => EntryBody;
  hold?: (hold: HoldBody) => HoldBody;
}

type Answer = { readonly status: number; readonly body: unknown; readonly headers?: Record<string, string> };

/**
 * The platform's HTTP contract over one book in memory: the real rules, encodings and problem documents, on a real port.
 * No store, no broker, one process.
 */
export class SmallPlatform {
  readonly books = new Map<string, { readonly book: Book; readonly events: LedgerEvent[]; readonly journal: JournalItemBody[] }>();
  readonly lies: Lies = {};
  /** Answers given before the real one, oldest first: overload, lost outcomes. `hangUp` does the work and breaks the line. */
  readonly troubles: (Answer | 'hangUp')[] = [];
  /** Processes of services, by name. */
  readonly processes = new Map<string, ProcessBody>();
  /** Who asks, as it stands in the events from now on. */
  asking: { readonly actor: string; readonly correlation: string | null; readonly causation: string | null } = {
    actor: 'key:test',
    correlation: null,
    causation: null,
  };
  /** Bodies of all batches, as they came. */
  readonly batches: unknown[] = [];
  url = '';
  readonly apiKey = 'mizan_test_key';
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  static async start(): Promise<SmallPlatform> {
    const platform = new SmallPlatform();
    await new Promise<void>((resolve) => platform.#server.listen(0, '127.0.0.1', resolve));
    platform.url = `http://127.0.0.1:${(platform.#server.address() as AddressInfo).port}`;
    return platform;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  openLedger(id: string): void {
    this.books.set(id, { book: new Book(), events: [], journal: [] });
    this.#append(id, [openLedger(this.#of(id).book, { tenant: 'tenant-1', ledger: id, name: id }, Date.now())]);
  }

  /** Does one operation, as it stands in a batch. */
  operate(id: string, operation: unknown): ResultBody {
    const reading = readOperation(operation, Date.now());
    if ('rejection' in reading) return { ...(reading.id ? { id: reading.id } : {}), status: 'rejected', ...reading.rejection };
    if (reading.command.op === 'group') throw new Error('The small platform knows no groups.');
    const { events, answer } = decide(this.#of(id).book, reading.command, Date.now());
    this.#append(id, events);
    const position = answer.event ? { position: answer.event.position } : {};
    const replayed = answer.replayed ? { replayed: true as const } : {};
    const result = { id: reading.command.id, status: answer.status, ...replayed, ...position };
    return answer.status === 'applied' ? result : { ...result, ...answer.rejection };
  }

  #of(id: string): { readonly book: Book; readonly events: LedgerEvent[]; readonly journal: JournalItemBody[] } {
    return this.books.get(id)!;
  }

  #append(id: string, events: readonly LedgerEvent[]): void {
    const { book, events: all, journal } = this.#of(id);
    for (const event of events) {
      const provenance = {
        eventId: randomUUID(),
        stream: `journal-${id}`,
        ...this.asking,
        traceparent: null,
        salt: () => randomBytes(16).toString('hex'),
      };
      const { text, kept } = encodeEvent(event, provenance);
      book.apply(event);
      all.push(event);
      journal.push({ position: event.position, event: text, texts: (kept?.texts as KeptTexts | undefined) ?? null });
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const trouble = request.method === 'POST' ? this.troubles.shift() : undefined;
    if (trouble !== undefined && trouble !== 'hangUp') return send(response, trouble);
    const url = new URL(request.url ?? '/', this.url);
    if (url.pathname.endsWith('/events')) return this.#follow(url.pathname.split('/')[3]!, request, response);
    const answer = this.#answer(request, url, text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>));
    if (trouble === 'hangUp') response.destroy();
    else send(response, answer);
  }

  #answer(request: IncomingMessage, url: URL, body: Record<string, unknown> | undefined): Answer {
    if (request.headers.authorization !== `Bearer ${this.apiKey}`) return problem('unauthorized', 'The API key is not known.');
    const [, , things = '', ledger = '', kind, id, aspect] = url.pathname.split('/').map(decodeURIComponent);
    if (things === 'status')
      return ok({ ready: true, services: { transfers: { service: 'transfers', version: '1.0.0', ready: true, checks: {} } } });
    if (things === 'processes') {
      const process = this.processes.get(ledger);
      return process ? ok(process) : problem('not_found', `There is no process ${ledger}.`);
    }
    if (request.method === 'PUT') {
      if (!this.books.has(ledger)) this.openLedger(ledger);
      return ok(this.#ledgerBody(ledger));
    }
    if (ledger === '') return ok({ items: [...this.books.keys()].map((id) => this.#ledgerBody(id)), next: null });
    if (!this.books.has(ledger)) return problem('ledger_not_found', `There is no ledger ${ledger}.`);
    if (kind === undefined) return ok(this.#ledgerBody(ledger));
    if (request.method === 'GET') return this.#read(ledger, kind, id, aspect, url.searchParams);
    return this.#write(ledger, operationAt(request.method!, kind, id, aspect), body ?? {});
  }

  #write(ledger: string, path: Record<string, string | undefined>, body: Record<string, unknown>): Answer {
    if (path.op === 'batch') {
      this.batches.push(body);
      return ok({ results: (body.operations as unknown[]).map((operation) => this.operate(ledger, operation)) });
    }
    const result = this.operate(ledger, { ...body, ...path });
    if (path.op === 'cancel') return ok({ op: 'cancel', ...result });
    if (result.status === 'rejected')
      return problem(
        result.code as ProblemDocument['code'],
        result.detail ?? '',
        result.account === undefined ? {} : { account: result.account },
      );
    const event = this.#of(ledger).events[result.position! - 1]!;
    const headers: Record<string, string> = result.replayed ? { 'idempotency-replayed': 'true' } : {};
    return { status: result.replayed ? 200 : 201, body: this.#applied(ledger, event), headers };
  }

  #applied(ledger: string, event: LedgerEvent): unknown {
    if (isEntry(event)) return entryBody(ledger, event);
    if ('account' in event) return accountBody(event.account, event.position);
    if ('hold' in event) return this.#hold(ledger, event.hold);
    return this.#ledgerBody(ledger);
  }

  #hold(ledger: string, hold: Hold): HoldBody {
    const placed = this.#of(ledger).book.command(hold.id);
    return holdBody(ledger, hold, placed?.texts ?? null);
  }

  #read(ledger: string, kind: string, id: string | undefined, aspect: string | undefined, query: URLSearchParams): Answer {
    const { book, events, journal } = this.#of(ledger);
    if (kind === 'journal') {
      const all = (this.lies.journal ?? ((items) => items))([...journal]);
      const [after, limit] = [Number(query.get('after')), Number(query.get('limit'))];
      const items = all.filter(({ position }) => position > after).slice(0, limit);
      return ok({ items, next: items.length < limit ? null : String(items.at(-1)!.position) });
    }
    if (kind === 'transfers' && id === undefined) return this.#searched(query, this.#entries(ledger), this.lies.entry);
    if (kind === 'holds' && id === undefined) return this.#searched(query, this.#holds(ledger), this.lies.hold);
    if (kind === 'transfers') {
      const entry = events.find((event) => isEntry(event) && event.command.id === id);
      return entry && isEntry(entry) ? ok(entryBody(ledger, entry)) : problem('entry_not_found', `There is no entry ${id}.`);
    }
    if (kind === 'commands') {
      const event = book.command(id ?? '');
      return event
        ? ok({ id, op: event.command.op, status: 'applied', position: event.position })
        : problem('not_found', `The id ${id} is not spent.`);
    }
    if (kind === 'holds') {
      const hold = book.hold(id ?? '');
      return hold ? ok(this.#hold(ledger, hold)) : problem('not_found', `No hold was placed as ${id}.`);
    }
    if (query.has('at') || query.has('recordedAt')) return this.#readPast(events, kind, id, aspect, query);
    const accounts = [...book.accounts.values()].filter((account) => account.id.startsWith(query.get('prefix') ?? ''));
    accounts.sort((a, b) => (a.id < b.id ? -1 : 1));
    if (kind === 'trial-balance') return ok((this.lies.trialBalance ?? ((body) => body))(trialBalance(accounts, book.ledger.position)));
    const said = (account: Account): AccountBody => (this.lies.account ?? ((body) => body))(accountBody(account, book.ledger.position));
    if (id === undefined) return ok({ items: accounts.map(said), next: null });
    const account = book.account(id);
    if (!account) {
      const kind = id.slice(0, id.indexOf(':') + 1);
      const suggestions = [...book.accounts.keys()].filter((known) => known.startsWith(kind)).slice(0, 3);
      return problem('account_not_found', `There is no account ${id}.`, { account: id, suggestions });
    }
    if (aspect === undefined) return ok(said(account));
    const { asset, exponent } = account;
    const { position } = book.ledger;
    if (aspect === 'balance') return ok({ account: id, asset, exponent, balances: balancesBody(account, position), position, asOf: '' });
    if ((query.get('from') ?? '') > (query.get('to') ?? '~')) return problem('invalid_query', 'from is later than to.');
    return ok(statement(account, events, query, position));
  }

  /** A book of what was known, and in it of what counts. */
  #readPast(events: readonly LedgerEvent[], kind: string, id = '', aspect: string | undefined, query: URLSearchParams): Answer {
    const [at, recordedAt] = ['at', 'recordedAt'].map((name) => Date.parse(query.get(name) ?? '9999-01-01T00:00:00Z')) as [number, number];
    const known = events.filter((event) => event.recordedAt <= recordedAt);
    const book = new Book();
    for (const event of known) book.apply(event);
    const { position } = book.ledger;
    const counted = (account: Account): Account => {
      const later = known.flatMap((event) => (isEntry(event) && event.effectiveAt > at ? event.postings : []));
      const of = (side: string): bigint =>
        later.reduce((so, leg) => (leg.account === account.id && leg.side === side ? so + leg.amount : so), 0n);
      return { ...account, debitsPosted: account.debitsPosted - of('debit'), creditsPosted: account.creditsPosted - of('credit') };
    };
    if (kind === 'trial-balance')
      return ok((this.lies.trialBalance ?? ((body) => body))(trialBalance([...book.accounts.values()].map(counted), position)));
    const account = book.account(id);
    if (!account) return problem('account_not_found', `There was no account ${id}.`, { account: id });
    if (aspect === 'statement') return ok(statement(account, known, query, position));
    const said = (this.lies.account ?? ((body) => body))(accountBody(counted(account), position));
    return ok({ account: id, asset: said.asset, exponent: said.exponent, balances: said.balances, position, asOf: '' });
  }

  /** The oldest first. */
  #entries(ledger: string): EntryBody[] {
    const { book, events } = this.#of(ledger);
    return events.filter(isEntry).map((entry) => entryBody(ledger, entry, book.entry(entry.command.id)?.reversedBy));
  }

  #holds(ledger: string): HoldBody[] {
    const { open, ended } = this.#of(ledger).book;
    const holds = [...open.values(), ...ended.values()].sort((a, b) => a.placedPosition - b.placedPosition);
    return holds.map((hold) => this.#hold(ledger, hold));
  }

  /** As far as the tests of the command line go: pages by number, and a few filters. */
  #searched<T extends EntryBody | HoldBody>(query: URLSearchParams, all: readonly T[], lie: (item: T) => T = (item) => item): Answer {
    const is = (name: string, value: string | null): boolean => !query.has(name) || query.get(name) === value;
    const found = all.filter((item) => {
      const legs =
        'postings' in item
          ? item.postings
          : [
              { account: item.debit, side: 'debit' },
              { account: item.credit, side: 'credit' },
            ];
      const moved = legs.some(({ account, side }) => is('account', account) && is('side', side));
      const worded = [...query].every(([name, value]) => !name.startsWith('metadata.') || item.metadata[name.slice(9)] === value);
      return moved && worded && is('reference', item.reference) && ('status' in item ? is('status', item.status) : true);
    });
    if (query.get('order') !== 'oldest') found.reverse();
    const [start, limit] = [Number(query.get('cursor') ?? 0), Number(query.get('limit') ?? 100)];
    const next = start + limit < found.length ? String(start + limit) : null;
    return ok({ items: found.slice(start, start + limit).map(lie), next });
  }

  #ledgerBody(id: string): unknown {
    const { closedThrough, position } = this.#of(id).book.ledger;
    return { id, uid: id, name: id, closedThrough, position };
  }

  #follow(ledger: string, request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let last = Number(request.headers['last-event-id']);
    const timer = setInterval(() => {
      for (const { position, event } of this.#of(ledger).journal.slice(last)) {
        response.write(`id: ${position}\ndata: ${event}\n\n`);
        last = position;
      }
    }, 10);
    response.on('close', () => clearInterval(timer));
  }
}

/** The operation that a route stands for, with what its path names. */
function operationAt(method: string, kind: string, id: string | undefined, aspect: string | undefined): Record<string, string | undefined> {
  const named = id === undefined ? {} : { [kind === 'accounts' ? 'account' : kind === 'holds' ? 'hold' : 'entry']: id };
  if (kind === 'commands') return { op: 'cancel', id };
  if (method === 'PATCH') return { op: 'update', ...named };
  if (aspect !== undefined) return { op: aspect, ...named };
  return { op: { accounts: 'open', transfers: 'transfer', holds: 'hold' }[kind] ?? kind };
}

function trialBalance(accounts: readonly Account[], position: number): TrialBalanceBody {
  const assets = new Set(accounts.map(({ asset }) => asset));
  const sum = (asset: string, total: 'debitsPosted' | 'creditsPosted'): string =>
    String(accounts.filter((account) => account.asset === asset).reduce((so, account) => so + account[total], 0n));
  return {
    position,
    accounts: accounts.map(({ id, type, asset, debitsPosted, creditsPosted }) => ({
      account: id,
      type,
      asset,
      debits: String(debitsPosted),
      credits: String(creditsPosted),
    })),
    totals: [...assets].map((asset) => ({
      asset,
      exponent: accounts.find((account) => account.asset === asset)!.exponent,
      debits: sum(asset, 'debitsPosted'),
      credits: sum(asset, 'creditsPosted'),
    })),
  };
}

function statement(account: Account, events: readonly LedgerEvent[], query: URLSearchParams, position: number): unknown {
  const [from, to] = [query.get('from'), query.get('to')];
  const grows = normalSide(account.type);
  let opening = 0n;
  let balance = 0n;
  const lines: StatementLineBody[] = [];
  const entries = events.flatMap((event) => (event.type === 'EntryPosted' ? [event] : []));
  entries.sort((a, b) => a.effectiveAt - b.effectiveAt || a.position - b.position);
  for (const entry of entries) {
    if (to !== null && entry.effectiveAt >= Date.parse(to)) continue;
    for (const { side, amount } of entry.postings.filter((posting) => posting.account === account.id)) {
      balance += side === grows ? amount : -amount;
      if (from !== null && entry.effectiveAt < Date.parse(from)) opening = balance;
      else
        lines.push({
          entry: entry.command.id,
          position: entry.position,
          recordedAt: instantText(entry.recordedAt),
          effectiveAt: instantText(entry.effectiveAt),
          side,
          amount: String(amount),
          balance: String(balance),
          counterparts: entry.postings.map((posting) => posting.account).filter((id) => id !== account.id),
          reference: entry.texts?.reference ?? null,
        });
    }
  }
  const { id, asset, exponent } = account;
  const range = { opening: String(opening), closing: String(to === null ? posted(account) : balance), position, next: null };
  return { account: id, asset, exponent, normalSide: grows, from, to, lines, ...range };
}

const ok = (body: unknown): Answer => ({ status: 200, body });

export function problem(
  code: ProblemDocument['code'],
  detail: string,
  names: Pick<ProblemDocument, 'account' | 'suggestions'> = {},
): Answer {
  const status = statusOf(code);
  const body: ProblemDocument = { type: 'about:blank', title: code, status, detail, code, instance: '/', requestId: 'request-1' };
  return { status, body: { ...body, ...names }, headers: { 'retry-after': '0' } };
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  response.writeHead(status, { 'content-type': status < 300 ? 'application/json' : 'application/problem+json', ...headers });
  response.end(JSON.stringify(body));
}
