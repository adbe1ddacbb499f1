import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProblemDocument } from '@mizan/contracts';
import { type Dispatcher, Pool } from 'undici';
import { MizanProblem, OutcomeUnknown, Unreachable } from './problem.js';

export interface TransportOptions {
  /** Where the gateway, or a service with a token, listens: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** What stands behind `Bearer`: an API key, a token, or a way to get a fresh token. */
  readonly credential: string | (() => string | Promise<string>) | undefined;
  /** The most connections at once; further calls wait for one. Default 64. */
  readonly connections?: number;
  /** How often a call is sent again after overload or a broken line. Default 5. */
  readonly retries?: number;
  /** The time for one try, ms. Default 15,000. */
  readonly attemptTimeoutMs?: number;
  /** The time for a call with all its tries, ms. Default 60,000. */
  readonly deadlineMs?: number;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Sent as JSON; a bigint becomes a string of digits. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export interface Reply<T> {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: T;
}

/** What became of one try. `done`: whether the server may have acted on it. */
type Attempt<T> = { readonly reply: Reply<T> } | { readonly fault: Error; readonly done: 'no' | 'unknown'; readonly retryAfterMs?: number };

/** The wait between two tries without a word from the server, ms: doubled each time, never above the largest. */
const FIRST_PAUSE_MS = 50;
const LARGEST_PAUSE_MS = 5_000;
/** How long a stream may be silent before it counts as broken, ms. */
const SILENCE_MS = 60_000;

const notSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

/**
 * HTTP with kept connections, deadlines and bounded retries. Every write of the API carries an id of its own,
 * so sending it again is always safe; what an exhausted write says is whether it may have been done.
 */
export class Transport {
  readonly #pool: Pool;
  readonly #prefix: string;
  readonly #options: Required<TransportOptions>;

  constructor(options: TransportOptions) {
    const { origin, pathname } = new URL(options.url);
    this.#prefix = pathname.replace(/\/$/, '');
    this.#options = { connections: 64, retries: 5, attemptTimeoutMs: 15_000, deadlineMs: 60_000, ...options };
    this.#pool = new Pool(origin, { connections: this.#options.connections, keepAliveTimeout: 30_000, allowH2: false });
  }

  /** @throws MizanProblem, OutcomeUnknown (writes), Unreachable, or the signal's reason. */
  async json<T>(call: Call): Promise<Reply<T>> {
    return this.#persist(call, async (signal) => {
      const response = await this.#request(call, signal);
      const text = await response.body.text();
      return judge<T>(response, text, call);
    });
  }

  /** The body of a GET as it arrives; only the wait for its head is bounded and retried. */
  async stream(call: Call): Promise<Dispatcher.ResponseData['body']> {
    const reply = await this.#persist(call, async () => {
      const response = await this.#request(call, call.signal, SILENCE_MS);
      if (response.statusCode !== 200) return judge<Dispatcher.ResponseData['body']>(response, await response.body.text(), call);
      return { reply: { status: 200, headers: response.headers, body: response.body } };
    });
    return reply.body;
  }

  /** One try, whatever the status: for a question whose refusal is the answer. The body is null where it is not JSON. */
  async once<T>(call: Call): Promise<Reply<T | null>> {
    try {
      const { statusCode, headers, body } = await this.#request(call, AbortSignal.timeout(this.#options.attemptTimeoutMs));
      const json = await body.json().catch(() => null);
      return { status: statusCode, headers, body: json as T | null };
    } catch (error) {
      throw new Unreachable(this.#options.url, error);
    }
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #request(call: Call, signal: AbortSignal | undefined, bodyTimeout = 0): Promise<Dispatcher.ResponseData> {
    const { credential, attemptTimeoutMs } = this.#options;
    const bearer = typeof credential === 'function' ? await credential() : credential;
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(call.query ?? {})) if (value !== undefined) query.append(name, String(value));
    return this.#pool.request({
      method: call.method,
      path: `${this.#prefix}${call.path}${query.size ? `?${query}` : ''}`,
      headers: {
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...call.headers,
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body, digits) }),
      ...(signal ? { signal } : {}),
      headersTimeout: attemptTimeoutMs,
      bodyTimeout,
    });
  }

  async #persist<T>(call: Call, attempt: (signal: AbortSignal) => Promise<Attempt<T>>): Promise<Reply<T>> {
    const { attemptTimeoutMs, deadlineMs, retries, url } = this.#options;
    const until = Date.now() + deadlineMs;
    // Once a try may have been done, only an answer makes it certain again: a later refusal says nothing about the first.
    let mayBeDone = false;
    for (let tries = 1; ; tries += 1) {
      const timeout = AbortSignal.timeout(Math.max(1, Math.min(attemptTimeoutMs, until - Date.now())));
      const outcome = await attempt(call.signal ? AbortSignal.any([call.signal, timeout]) : timeout).catch((error: unknown): Attempt<T> =>
        broken(call, url, error),
      );
      if ('reply' in outcome) return outcome.reply;
      call.signal?.throwIfAborted();
      mayBeDone ||= outcome.done === 'unknown';
      const waitMs = outcome.retryAfterMs ?? backoff(tries);
      const waitsForPosition = outcome.fault instanceof MizanProblem && outcome.fault.code === 'position_not_reached';
      const spent = (tries > retries && !waitsForPosition) || Date.now() + waitMs >= until || !mayRetry(outcome.fault);
      if (spent) throw mayBeDone ? new OutcomeUnknown(`${call.method} ${call.path}`, outcome.fault) : outcome.fault;
      await pause(waitMs, undefined, call.signal ? { signal: call.signal } : {});
    }
  }
}

const writes = (call: Call): boolean => call.method !== 'GET';
const digits = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);

function backoff(tries: number): number {
  return Math.min(LARGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1)) * (0.5 + Math.random() / 2);
}

const retried = new Set(['too_many_requests', 'overloaded', 'unavailable', 'outcome_unknown', 'position_not_reached']);
const mayRetry = (fault: Error): boolean => !(fault instanceof MizanProblem) || retried.has(fault.code) || fault.status > 500;

function judge<T>(response: Dispatcher.ResponseData, text: string, call: Call): Attempt<T> {
  const { statusCode, headers } = response;
  if (statusCode < 300) return { reply: { status: statusCode, headers, body: (text === '' ? null : JSON.parse(text)) as T } };
  const fault = new MizanProblem(problemOf(statusCode, text, call));
  // An answer that says neither yes nor no: the server's own "unknown", or something between us that lost the server's.
  const unknown = fault.code === 'outcome_unknown' || statusCode === 502 || statusCode === 504;
  const after = retryAfterMs(headers['retry-after']);
  return { fault, done: unknown && writes(call) ? 'unknown' : 'no', ...(after === undefined ? {} : { retryAfterMs: after }) };
}

function broken<T>(call: Call, url: string, error: unknown): Attempt<T> {
  const code = (error as { code?: string } | null)?.code ?? '';
  return { fault: new Unreachable(url, error), done: writes(call) && !notSent.has(code) ? 'unknown' : 'no' };
}

function problemOf(status: number, text: string, call: Call): ProblemDocument {
  try {
    const document = JSON.parse(text) as ProblemDocument;
    if (typeof document.code === 'string') return { ...document, status };
  } catch {
    // Not JSON: something other than Mizan answered.
  }
  return {
    type: 'about:blank',
    title: 'Unexpected answer',
    status,
    detail: `${call.method} ${call.path} was answered ${status} without a problem document: ${text.slice(0, 200)}`,
    code: 'internal_error',
    instance: call.path,
    requestId: '',
  };
}

function retryAfterMs(header: string | string[] | undefined): number | undefined {
  if (typeof header !== 'string') return undefined;
  const seconds = Number(header);
  const waitMs = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}
