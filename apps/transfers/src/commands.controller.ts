import { Body, Controller, Get, HttpCode, HttpStatus, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { type AccountBody, type CommandBody, type EntryBody, type ResultBody, entryBody, scopes, statusOf } from '@mizan/contracts';
import type { Answer, Command, CommandEvent, Rejection } from '@mizan/ledger';
import { isCommandId, readOperation } from '@mizan/ledger';
import { BodyLimit, Describe, Problem, RequireScope, readQuery } from '@mizan/platform';
import type { FastifyReply } from 'fastify';
import { appliedBody, commandBody } from './answers.js';
import { AskedBy, type Asking } from './asking.js';
import { MAX_BATCH_BYTES, carryOutBatch } from './batch.js';
import { CheckedClock } from './checked-clock.js';
import { Ledgers } from './ledgers.js';

/** Every command of a ledger on its own route, and all of them in a batch. */
@RequireScope(scopes.ledger)
@Controller('v1/ledgers/:ledger')
export class CommandsController {
  constructor(
    private readonly ledgers: Ledgers,
    private readonly clock: CheckedClock,
  ) {}

  @Post('accounts')
  @Describe({
    id: 'openAccount',
    summary: 'Open an account',
    body: 'AccountRequest',
    answers: { 201: 'Account', 200: 'Account' },
    idempotent: true,
  })
  async open(
    @Param('ledger') ledger: string,
    @Body() given: unknown,
    @AskedBy() asking: Asking,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AccountBody> {
    return (await this.carryOut(ledger, 'open', {}, given, asking, reply, HttpStatus.CREATED)) as AccountBody;
  }

  @Patch('accounts/:account')
  @Describe({
    id: 'updateAccount',
    summary: 'Change limits, frozen or metadata of an account',
    body: 'AccountChange',
    answers: { 200: 'Account' },
    idempotent: true,
  })
  async update(
    @Param('ledger') ledger: string,
    @Param('account') account: string,
    @Body() given: unknown,
    @AskedBy() asking: Asking,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AccountBody> {
    return (await this.carryOut(ledger, 'update', { account }, given, asking, reply, HttpStatus.OK)) as AccountBody;
  }

  @Post('accounts/:account/close')
  @Describe({ id: 'closeAccount', summary: 'Close an account', body: 'CommandIdRequest', answers: { 200: 'Account' }, idempotent: true })
  async close(
    @Param('ledger') ledger: string,
    @Param('account') account: string,
    @Body() given: unknown,
    @AskedBy() asking: Asking,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AccountBody> {
    return (await this.carryOut(ledger, 'close', { account }, given, asking, reply, HttpStatus.OK)) as AccountBody;
  }

  @Post('accounts/:account/reopen')
  @Describe({
    id: 'reopenAccount',
    summary: 'Reopen a closed account',
    body: 'CommandIdRequest',
    answers: { 200: 'Account' },
    idempotent: true,
  })
  async reopen(
    @Param('ledger') ledger: string,
    @Param('account') account: string,
    @Body() given: unknown,
    @AskedBy() asking: Asking,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AccountBody> {
    return (await this.carryOut(ledger, 'reopen', { account }, given, asking, reply, HttpStatus.OK)) as AccountBody;
  }

  @Post('transfers')
  @Describe({
    id: 'postTransfer',
    summary: 'Post a transfer',
    body: 'TransferRequest',
    answers: { 201: 'Entry', 200: 'Entry' },
    idempotent: true,
  })
  async transfer(
    @Param('ledger') ledger: string,
    @Body() given: unknown,
    @AskedBy() asking: Asking,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EntryBody> {
    return (await this.carryOut(ledger, 'transfer', {}, given, asking, reply, HttpStatus.CREATED)) as EntryBody;
  }

  @Get('transfers/:id')
  @Describe({ id: 'getTransfer', summary: 'Show an entry', answers: { 200: 'Entry' } })
  async entry(
    @Param('ledger') ledger: string,
    @Param('id') id: string,
    @Query() query: unknown,
    @AskedBy() asking: Asking,
  ): Promise<EntryBody> {
    const event = await this.lookUp(ledger, id, query, asking);
    if (event?.type === 'EntryPosted') return entryBody(ledger, event);
    throw new Problem('not_found', `No entry was posted as ${id}. It may still be on its way: send it again, or cancel it.`);
  }

  @Get('commands/:id')
  @Describe({ id: 'getCommand', summary: 'Show what became of a command', answers: { 200: 'Command' } })
  async command(
    @Param('ledger') ledger: string,
    @Param('id') id: string,
    @Query() query: unknown,
    @AskedBy() asking: Asking,
  ): Promise<CommandBody> {
    const event = await this.lookUp(ledger, id, query, asking);
    if (event) return commandBody(event);
    throw new Problem('not_found', `The id ${id} is not spent. Its command may still be on its way: send it again, or cancel it.`);
  }

  @Post('commands/:id/cancel')
  @HttpCode(HttpStatus.OK)
  @Describe({ id: 'cancelCommand', summary: 'Give an id up for certain', answers: { 200: 'Command' } })
  async cancel(@Param('ledger') ledger: string, @Param('id') id: string, @AskedBy() asking: Asking): Promise<CommandBody> {
    const answer = await this.decide(ledger, this.read({ op: 'cancel', id }), asking);
    if (answer.event) return commandBody(answer.event);
    throw new Error('A cancelled id was answered without the event that spent it.');
  }

  @Post('batch')
  @BodyLimit(MAX_BATCH_BYTES)
  @HttpCode(HttpStatus.OK)
  @Describe({ id: 'postBatch', summary: 'Send many operations at once', body: 'BatchRequest', answers: { 200: 'BatchAnswer' } })
  async batch(
    @Param('ledger') ledger: string,
    @Body() given: unknown,
    @AskedBy() asking: Asking,
  ): Promise<{ readonly results: readonly ResultBody[] }> {
    return { results: await carryOutBatch(given, this.clock.now(), (asks) => this.ledgers.ask(asking, ledger, asks)) };
  }

  /** A single route is its operation with the id, and what the path names, filled in. */
  private async carryOut(
    ledger: string,
    op: Command['op'],
    named: Readonly<Record<string, string>>,
    given: unknown,
    asking: Asking,
    reply: FastifyReply,
    created: HttpStatus,
  ): Promise<EntryBody | AccountBody> {
    const answer = await this.decide(ledger, this.read(operationOf(op, named, given, asking.idempotencyKey)), asking);
    if (answer.replayed) void reply.header('idempotency-replayed', 'true');
    if (answer.status === 'rejected') throw refusal(answer.rejection);
    void reply.code(answer.replayed ? HttpStatus.OK : created);
    return appliedBody(ledger, answer.event);
  }

  private read(operation: unknown): Command {
    const reading = readOperation(operation, this.clock.now());
    if ('rejection' in reading) throw refusal(reading.rejection);
    return reading.command as Command;
  }

  private async decide(ledger: string, command: Command, asking: Asking): Promise<Answer> {
    const [answer] = await this.ledgers.ask(asking, ledger, [{ kind: 'command', command }]);
    return answer!;
  }

  private async lookUp(ledger: string, id: string, query: unknown, asking: Asking): Promise<CommandEvent | null> {
    readQuery(query, {});
    if (!isCommandId(id)) return null;
    const [event] = await this.ledgers.ask(asking, ledger, [{ kind: 'lookup', id }]);
    return event!;
  }
}

function operationOf(op: Command['op'], named: Readonly<Record<string, string>>, given: unknown, key: string | null): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new Problem('invalid_operation', 'The body is a JSON object.');
  const stray = ['op', ...Object.keys(named)].find((field) => Object.hasOwn(given, field));
  if (stray !== undefined)
    throw new Problem('invalid_operation', `The path says the ${stray} already; leave it out of the body.`, { field: stray });
  return { ...(key === null ? {} : { id: key }), ...given, op, ...named };
}

/** A rule's no as a problem document; a fault of shape also by its JSON pointer. */
function refusal({ code, detail, account, field }: Rejection): Problem {
  const errors = statusOf(code) === 400 && field !== undefined ? [{ pointer: `/${field}`, detail }] : undefined;
  return new Problem(code, detail, { account, field, errors });
}
