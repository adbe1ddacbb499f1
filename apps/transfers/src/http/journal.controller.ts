import { once } from 'node:events';
import { Controller, Get, Headers, Param, Query, Req, Res } from '@nestjs/common';
import { type FedEvent, type JournalItemBody, scopes } from '@mizan/contracts';
import { Caller, Describe, Problem, RequireScope, pageLimit, readQuery, wholeNumberFrom } from '@mizan/platform';
import { JournalReader } from '@mizan/writer/ledger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Ledgers } from '../ledgers.js';

const NDJSON = 'application/x-ndjson';
/** A comment line this often tells an idle reader that the connection lives, ms. */
const KEEP_ALIVE_MS = 15_000;
const afterPosition = wholeNumberFrom(0, Number.MAX_SAFE_INTEGER, 0);

@RequireScope(scopes.ledger)
@Controller('v1/ledgers/:ledger')
export class JournalController {
  constructor(
    private readonly ledgers: Ledgers,
    private readonly reader: JournalReader,
  ) {}

  @Get('journal')
  @Describe({
    id: 'readJournal',
    summary: 'Read the journal',
    description: 'With Accept: application/x-ndjson: the stored texts alone, one per line, up to the last position.',
    answers: { 200: { 'application/json': 'JournalPage', [NDJSON]: { type: 'string' } } },
    query: { after: [afterPosition, 'A position, exclusive.'], limit: [pageLimit, 'Items on a page.'] },
  })
  async journal(
    @Param('ledger') ledger: string,
    @Query() query: unknown,
    @Headers('accept') accept: string | undefined,
    @Caller() { tenant }: Caller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { after, limit } = readQuery(query, { after: afterPosition, limit: pageLimit });
    const { uid } = await this.ledgers.entry(tenant, ledger);
    if (accept?.includes(NDJSON)) return this.stream(uid, after, reply);
    const page = await this.reader.page(uid, after, limit);
    const items = page.map((fed): JournalItemBody => ({ position: fed.version, event: fed.event, texts: fed.texts }));
    const last = items.at(-1)?.position;
    // The store cuts long pages short, so only its own end says that nothing follows.
    const more = last !== undefined && (items.length === limit || last < (await this.reader.end(uid)));
    await reply.send({ items, next: more ? String(last) : null });
  }

  @Get('events')
  @Describe({
    id: 'followJournal',
    summary: 'Follow the journal as server-sent events',
    description: 'Each event has its position as id and the stored text as data; resumable with Last-Event-ID.',
    answers: { 200: { 'text/event-stream': { type: 'string' } } },
    query: { after: [afterPosition, 'A position, exclusive.'] },
    headers: { 'Last-Event-ID': 'The position of the last event that was read; stands above after.' },
  })
  async events(
    @Param('ledger') ledger: string,
    @Query() query: unknown,
    @Headers('last-event-id') last: string | undefined,
    @Caller() { tenant }: Caller,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { after } = readQuery(query, { after: afterPosition });
    const { uid } = await this.ledgers.entry(tenant, ledger);
    const from = last === undefined ? after : resumeAt(last);
    const gone = new AbortController();
    request.raw.once('close', () => gone.abort());
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-request-id': request.id });
    const heartbeat = setInterval(() => reply.raw.write(': alive\n\n'), KEEP_ALIVE_MS);
    try {
      for await (const page of this.reader.follow(uid, from, gone.signal)) await write(reply, page.map(sse).join(''), gone.signal);
    } finally {
      clearInterval(heartbeat);
      reply.raw.end();
    }
  }

  private async stream(uid: string, after: number, reply: FastifyReply): Promise<void> {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': NDJSON, 'x-request-id': reply.request.id });
    try {
      for await (const page of this.reader.pages(uid, after)) await write(reply, page.map(({ text }) => `${text}\n`).join(''), gone.signal);
      reply.raw.end();
    } catch {
      reply.raw.destroy();
    }
  }
}

const sse = ({ version, event }: FedEvent): string => `id: ${version}\ndata: ${event}\n\n`;

/** Writes no faster than the reader takes it. */
async function write(reply: FastifyReply, chunk: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!reply.raw.write(chunk)) await once(reply.raw, 'drain', { signal });
}

function resumeAt(last: string): number {
  if (/^\d{1,15}$/.test(last)) return Number(last);
  throw new Problem('invalid_query', 'Last-Event-ID is a journal position.', { field: 'last-event-id' });
}
