import type { RequestListener } from 'node:http';
import type { ResultBody } from '@mizan/contracts';
import { type Loopback, type Platform, loopback } from '@mizan/testing';

/**
 * Stands between the command line and the platform and remembers every acknowledgement that passed through whole:
 * whatever was answered as applied must be in the journal for ever.
 */
export class Witness {
  readonly acknowledged = new Map<string, number>();
  /** Answers to a repeated id that named another position than the first answer did. */
  readonly contradictions: string[] = [];
  onAcknowledged: () => void = () => undefined;
  #server: Loopback | null = null;

  constructor(private readonly platform: Platform) {}

  async listen(): Promise<string> {
    this.#server = await loopback(this.#handOn);
    return this.#server.url;
  }

  close(): void {
    this.#server?.stop();
  }

  readonly #handOn: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      this.#forward(request.method!, request.url!, request.headers.authorization!, Buffer.concat(chunks)).then(
        ({ status, headers, text }) => {
          response.writeHead(status, headers).end(text);
          if (status === 200 && request.url?.endsWith('/batch')) this.#remember((JSON.parse(text) as { results: ResultBody[] }).results);
        },
        () => response.destroy(),
      );
    });
  };

  async #forward(method: string, path: string, authorization: string, body: Buffer<ArrayBuffer>) {
    const headers = { authorization, ...(body.length > 0 ? { 'content-type': 'application/json' } : {}) };
    const reply = await fetch(this.platform.url + path, { method, headers, ...(body.length > 0 ? { body } : {}) });
    const kept = ['content-type', 'retry-after', 'idempotency-replayed'].flatMap((name) => {
      const value = reply.headers.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    return { status: reply.status, headers: Object.fromEntries(kept), text: await reply.text() };
  }

  #remember(results: readonly ResultBody[]): void {
    for (const { id, status, position } of results) {
      if (status !== 'applied' || !id!.startsWith('berka:')) continue;
      const before = this.acknowledged.get(id!) ?? position!;
      if (before !== position) this.contradictions.push(`${id}: ${before}, then ${position}`);
      this.acknowledged.set(id!, before);
    }
    this.onAcknowledged();
  }
}
