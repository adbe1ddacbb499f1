import type { FedEvent, HeadsBody, StreamBody } from '@mizan/contracts';
import type { Feed } from './feed.js';
import { backoffMs, pause } from './patience.js';
import { reasonOf } from './poison.js';

/** Gives a bearer token that is good now; caching it is the source's affair. `refused` is one that the owner did not take: the source gives another. */
export type TokenSource = (refused?: string) => Promise<string>;

export interface HttpFeedOptions {
  /** The owning service's own address, for example `http://127.0.0.1:8081`; of several instances each, all of which have the same streams. */
  readonly urls: readonly string[];
  readonly token: TokenSource;
  /** For one attempt, with its answer read to the end. */
  readonly deadlineMs?: number;
  readonly attempts?: number;
}

const ANSWER_BYTES = 64 * 1024 * 1024;

/** The feed over the owning service's HTTP. Where an instance fails, the next one is asked, and stays the one that is asked. */
export class HttpFeed implements Feed {
  private at = 0;

  constructor(private readonly options: HttpFeedOptions) {}

  private get url(): string {
    return this.options.urls[this.at % this.options.urls.length]!;
  }

  async heads(after: string | null, limit: number, signal?: AbortSignal): Promise<HeadsBody> {
    const query = new URLSearchParams({ ...(after === null ? {} : { after }), limit: String(limit) });
    const body = (await this.get(`/v1/feed/heads?${query}`, signal)) as HeadsBody;
    const shaped = Array.isArray(body?.heads) && (body.next === null || typeof body.next === 'string') && typeof body.full === 'boolean';
    if (!shaped) throw this.misshapen('heads');
    return body;
  }

  async stream(stream: string, after: number, limit: number, signal?: AbortSignal): Promise<readonly FedEvent[]> {
    const query = new URLSearchParams({ after: String(after), limit: String(limit) });
    const body = (await this.get(`/v1/feed/streams/${encodeURIComponent(stream)}?${query}`, signal)) as StreamBody;
    if (!Array.isArray(body?.events)) throw this.misshapen('a stream');
    return body.events;
  }

  /** Tries a few times; what the server refuses outright is not asked again. */
  private async get(path: string, signal: AbortSignal = new AbortController().signal): Promise<unknown> {
    const { attempts = 3 } = this.options;
    let refused: string | undefined;
    for (let failures = 1; ; failures++) {
      signal.throwIfAborted();
      const { at, url } = this;
      try {
        return await this.attempt(new URL(path, url), signal, refused);
      } catch (error) {
        if (error instanceof RefusedToken) refused = error.token;
        if (error instanceof Refused || failures >= attempts || signal.aborted)
          throw new Error(`The feed at ${url} failed (attempt ${failures}): ${reasonOf(error)}`, { cause: error });
        if (refused === undefined) this.at = at + 1;
        await pause(backoffMs(failures, 100, 2_000), signal);
      }
    }
  }

  private async attempt(url: URL, signal: AbortSignal, refused: string | undefined): Promise<unknown> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(this.options.deadlineMs ?? 10_000)]);
    const token = await this.options.token(refused);
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
      redirect: 'error',
      signal: deadline,
    });
    const text = await boundedText(response);
    if (response.ok) return JSON.parse(text);
    const complaint = `${response.status} ${response.statusText}: ${text.slice(0, 300)}`;
    // The token may have run out, or its key have been changed.
    if (response.status === 401) throw new RefusedToken(token, complaint);
    // 408 and 429 ask to come again.
    throw response.status < 500 && ![408, 429].includes(response.status) ? new Refused(complaint) : new Error(complaint);
  }

  private misshapen(what: string): Error {
    return new Error(`The feed at ${this.url} answered something that is not ${what}. Do both services run the same release?`);
  }
}

class Refused extends Error {}

class RefusedToken extends Error {
  constructor(
    readonly token: string,
    complaint: string,
  ) {
    super(complaint);
  }
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > ANSWER_BYTES) throw new Refused(`an answer of more than ${ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
