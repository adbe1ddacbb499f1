import { setTimeout as pause } from 'node:timers/promises';
import { CAUSATION_HEADER, CORRELATION_HEADER } from '@mizan/contracts';
import { Problem } from '@mizan/platform';
import { ANSWER_DEADLINE_MS, type CheckedClock, type WrittenElsewhere } from '@mizan/writer';
import type { OpenLedgers } from '@mizan/writer/ledger';
import type { FastifyRequest } from 'fastify';

/** Says that a request was forwarded already: whoever gets it answers it, or says that it is not the writer. */
export const FORWARDED = 'mizan-forwarded';
/** An instance's answer to another one: nothing was done, the ledger is not written here. */
export const NOT_THE_WRITER = 421;

/** From the first attempt until the caller is told that the ledger cannot be reached, ms: a writer that waits in vain says so before. */
const FORWARD_WITHIN_MS = ANSWER_DEADLINE_MS + 2_000;
/** Before an instance that was not there, or not the writer, is asked again, ms. */
const RETRY_MS = 100;
/** Requests that one instance sends on at once. */
const MAX_UNDER_WAY = 1_000;
/** What the writer must know of the request beside its path and body. */
const SENT_ON = ['authorization', 'accept', 'idempotency-key', CORRELATION_HEADER, CAUSATION_HEADER, 'traceparent', 'tracestate'] as const;
/** Of the answer, what concerns the connection between the two alone. */
const OF_ONE_HOP = new Set(['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding', 'x-request-id']);

export interface Forwarded {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Sends requests on to the instance that writes their ledger, each as it came and in its caller's name. */
export class Forwarding {
  private underWay = 0;

  /** @param ownUrl where this instance answers: a ledger that nobody wrote may meanwhile be written here. */
  constructor(
    private readonly open: OpenLedgers,
    private readonly clock: CheckedClock,
    private readonly ownUrl: string,
  ) {}

  /**
   * Finds the writer again for as long as nothing was done with the request: when its lease has run out, that is this instance.
   * @throws Problem `outcome_unknown` where a write may have arrived; WriterFault or Problem where nothing was written.
   */
  async send(request: FastifyRequest, elsewhere: WrittenElsewhere): Promise<Forwarded> {
    if (this.underWay >= MAX_UNDER_WAY) throw again('overloaded', 'Too much is under way to other instances. Nothing was written.');
    this.underWay += 1;
    const deadline = AbortSignal.timeout(FORWARD_WITHIN_MS);
    try {
      for (let writer: WrittenElsewhere | null = elsewhere; !deadline.aborted;) {
        const answer = await this.attempt(request, writer, deadline);
        if (answer) return answer;
        await pause(RETRY_MS);
        writer = await this.open.writtenBy(elsewhere.of, true);
      }
      throw again('unavailable', 'The instance that writes this ledger cannot be reached. Nothing was written; send it again.');
    } finally {
      this.underWay -= 1;
    }
  }

  /** Null: nothing was done with it. */
  private async attempt(request: FastifyRequest, writer: WrittenElsewhere | null, deadline: AbortSignal): Promise<Forwarded | null> {
    const over = new AbortController();
    if (writer) void this.whenLost(writer, over.signal).then(() => over.abort());
    try {
      const response = await fetch(`${writer?.writing.url ?? this.ownUrl}${request.url}`, {
        method: request.method,
        headers: headersOf(request),
        // What was parsed says to another parser what it said to this one.
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
        redirect: 'manual',
        signal: AbortSignal.any([deadline, over.signal]),
      });
      const body = Buffer.from(await response.arrayBuffer());
      if (response.status === NOT_THE_WRITER) return null;
      return { status: response.status, headers: headersBack(response.headers), body };
    } catch (error) {
      if (wasNeverSent(error) || isReading(request)) return null;
      throw again(
        'outcome_unknown',
        'The instance that writes this ledger did not answer: whether this was done is not known. Send the same id again to learn it.',
        error,
      );
    } finally {
      over.abort();
    }
  }

  /** Resolves when the ledger has another writer, which ends the wait for the former one: it may stand still for hours. */
  private async whenLost({ of, writing }: WrittenElsewhere, over: AbortSignal): Promise<void> {
    for (let { until } = writing; !over.aborted;) {
      await pause(Math.max(until - this.clock.monotonic(), RETRY_MS), undefined, { signal: over, ref: false }).catch(() => undefined);
      if (over.aborted) return;
      const now = await this.open.writtenBy(of).catch(() => undefined);
      if (now === null || (now && now.writing.url !== writing.url)) return;
      until = now?.writing.until ?? 0;
    }
  }
}

function headersOf({ headers, id, body }: FastifyRequest): Record<string, string> {
  const sent: Record<string, string> = { [FORWARDED]: '1', 'x-request-id': id };
  if (body !== undefined) sent['content-type'] = 'application/json';
  for (const name of SENT_ON) {
    const value = headers[name];
    if (typeof value === 'string') sent[name] = value;
  }
  return sent;
}

const headersBack = (headers: Headers): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => !OF_ONE_HOP.has(name)));

const isReading = ({ method }: FastifyRequest): boolean => method === 'GET' || method === 'HEAD';

/** No connection was made, so that nothing went over it. */
function wasNeverSent(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: unknown } };
  return typeof cause?.code === 'string' && NO_CONNECTION.has(cause.code);
}

const NO_CONNECTION = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

const again = (code: 'overloaded' | 'unavailable' | 'outcome_unknown', detail: string, cause?: unknown): Problem =>
  new Problem(code, detail, { headers: { 'retry-after': '1' }, cause });
