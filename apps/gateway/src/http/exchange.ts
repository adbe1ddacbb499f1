import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { Problem, sendProblem } from '@mizan/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Dispatcher } from 'undici';
import { headersToReturn } from './hop-by-hop.js';
import type { Sent } from './upstream.js';

/** An answer up to this size is held until it is whole, so that one cut off by a dying service is never passed for an answer. */
const HELD_BYTES = 64 * 1024;

/** One request on its way to a service and its answer on the way back. */
export class Exchange implements Sent {
  /** Called once, when it is over. */
  onEnd = (): void => {};
  onNotSent = (): boolean => false;
  private controller: Dispatcher.DispatchController | null = null;
  private head: { readonly status: number; readonly headers: Record<string, string | string[]> } | null = null;
  private held: Buffer[] | null = null;
  private over = false;

  constructor(
    private readonly request: FastifyRequest,
    private readonly reply: FastifyReply,
    private readonly service: string,
  ) {
    reply.raw.once('close', () => this.abandon());
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.reply.raw.destroyed) this.abandon();
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.head = { status, headers: headersToReturn(headers, this.request.id) };
    const length = headers['content-length'];
    if (length !== undefined && Number(length) <= HELD_BYTES) this.held = [];
    else this.begin().flushHeaders();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.held) return void this.held.push(chunk);
    if (this.reply.raw.write(chunk)) return;
    controller.pause();
    this.reply.raw.once('drain', () => controller.resume());
  }

  onResponseEnd(): void {
    this.end();
    if (!this.held) return void this.reply.raw.end();
    this.begin().end(this.held.length === 1 ? this.held[0] : Buffer.concat(this.held));
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (!this.over && !this.controller && !this.reply.raw.destroyed && this.onNotSent()) return;
    if (!this.end() || this.reply.raw.destroyed) return;
    sendProblem(this.request, this.reply, error instanceof Problem ? error : this.problemAfter(error));
  }

  /** From here on the answer is ours to write, past the framework: this is the path of every request. */
  private begin(): ServerResponse {
    this.reply.hijack();
    return this.reply.raw.writeHead(this.head!.status, this.head!.headers);
  }

  giveUp(why: Error): void {
    this.controller?.abort(why);
  }

  /** The caller has gone. A write that was sent takes its course; nobody hears how it ended. */
  private abandon(): void {
    if (this.over) return;
    this.controller?.abort(new Error('The caller has gone.'));
  }

  private end(): boolean {
    if (this.over) return false;
    this.over = true;
    this.onEnd();
    return true;
  }

  /** A write that may have reached the service is neither done nor failed until someone asks. */
  private problemAfter(cause: Error): Problem {
    const reading = this.request.method === 'GET' || this.request.method === 'HEAD';
    const details = { headers: { 'retry-after': '1' }, cause };
    if (this.controller && !reading)
      return new Problem(
        'outcome_unknown',
        `The service ${this.service} did not answer: whether this was done is not known. Send the same id again to learn it.`,
        details,
      );
    const consequence = reading ? '' : ' Nothing was done.';
    return new Problem('unavailable', `The service ${this.service} cannot be reached just now.${consequence} Try again shortly.`, details);
  }
}
