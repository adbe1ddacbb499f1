import { Body, Controller, Get, HttpCode, HttpStatus, Param, Patch, Post, Query, Res } from '@nestjs/common';
import {
  type AccountBody,
  type CommandBody,
  type EntryBody,
  type HoldBody,
  type LedgerBody,
  type ResultBody,
  accountBody,
  entryBody,
  holdBody,
  scopes,
  statusOf,
} from '@mizan/contracts';
import { type Answer, type Command, type CommandEvent, type Rejection, isCommandId, isEntry, readOperation } from '@mizan/ledger';
import { BodyLimit, Describe, Problem, RequireScope, readQuery } from '@mizan/platform';
import type { FastifyReply } from 'fastify';
import { commandBody } from './answers.js';
import type { Ask, Reply } from './ask.js';
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
    return accountOf(await this.carryOut(ledger, 'open', {}, given, asking, reply, HttpStatus.CREATED));
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
    return accountOf(await this.carryOut(ledger, 'update', { account }, given, asking, reply, HttpStatus.OK));
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
    return accountOf(await this.carryOut(ledger, 'close', { account }, given, asking, reply, HttpStatus.OK));
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
    return accountOf(await this.carryOut(ledger, 'reopen', { account }, given, asking, reply, HttpStatus.OK));
  }

  @Post('close-period')
  @Describe({
    id: 'closePeriod',
    summary: 'Close the books through a day',
    body: 'PeriodRequest',
    answers: { 200: 'Ledger' },
    idempotent: true,
  })
  async closePeriod(
    @Param('ledger') ledger: string,
    @Body() given: unknown,
    @AskedBy() asking: Asking,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<LedgerBody> {
    const event = await this.carryOut(ledger, 'close-period', {}, given, asking, reply, HttpStatus.OK);
    if (event.type !== 'PeriodClosed') throw unexpected(event);
    const { name } = await this.ledgers.entry(asking.tenant, ledger);
    return { id: ledger, name, closedThrough: event.command.through, position: event.position };
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
    return entryOf(ledger, await this.carryOut(ledger, 'transfer', {}, given, asking, reply, HttpStatus.CREATED));
  }

  @Post('transfers/:id/reverse')
  @Describe({
    id: 'reverseEntry',
    summary: 'Post the opposite of an entry, or of a part of it',
    body: 'ReverseRequest',
    answers: { 201: 'Entry', 200: 'Entry' },
    idempotent: true,
  })
  async reverse(
    @Param('ledger') ledger: string,
    @Param('id') entry: string,
    @Body() given: unknown,
    @AskedBy() asking: Asking,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EntryBody> {
    return entryOf(ledger, await this.carryOut(ledger, 'reverse', { entry }, given, asking, reply, HttpStatus.CREATED));
  }

  @Post('holds')
  @Describe({ id: 'placeHold', summary: 'Hold money', body: 'HoldRequest', answers: { 201: 'Hold', 200: 'Hold' }, idempotent: true })
  async hold(
    @Param('ledger') ledger: string,
    @Body() given: unknown,
    @AskedBy() asking: Asking,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<HoldBody> {
    const event = await this.carryOut(ledger, 'hold', {}, given, asking, reply, HttpStatus.CREATED);
    if (event.type !== 'HoldPlaced') throw unexpected(event);
    return holdBody(ledger, event.hold, event.texts);
  }

  @Post('holds/:id/capture')
  @Describe({
    id: 'captureHold',
    summary: 'Post what is held, or a part of it',
    body: 'CaptureRequest',
    answers: { 201: 'Entry', 200: 'Entry' },
    idempotent: true,
  })
  async capture(
    @Param('ledger') ledger: string,
    @Param('id') hold: string,
    @Body() given: unknown,
    @AskedBy() asking: Asking,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EntryBody> {
    return entryOf(ledger, await this.carryOut(ledger, 'capture', { hold }, given, asking, reply, HttpStatus.CREATED));
  }

  @Post('holds/:id/release')
  @Describe({
    id: 'releaseHold',
    summary: 'Give back what remains of a hold',
    body: 'CommandIdRequest',
    answers: { 200: 'Hold' },
    idempotent: true,
  })
  async release(
    @Param('ledger') ledger: string,
    @Param('id') hold: string,
    @Body() given: unknown,
    @AskedBy() asking: Asking,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<HoldBody> {
    const event = await this.carryOut(ledger, 'release', { hold }, given, asking, reply, HttpStatus.OK);
    if (event.type !== 'HoldReleased') throw unexpected(event);
    // The hold as the release left it, with the words it was placed with.
    const [found] = await this.ledgers.ask(asking, ledger, [{ kind: 'hold', id: hold }]);
    return holdBody(ledger, event.hold, found!.placed.texts);
  }

  @Get('transfers/:id')
  @Describe({ id: 'getTransfer', summary: 'Show an entry', answers: { 200: 'Entry' } })
  async entry(
    @Param('ledger') ledger: string,
    @Param('id') id: string,
    @Query() query: unknown,
    @AskedBy() asking: Asking,
  ): Promise<EntryBody> {
    const found = await this.lookUp(ledger, { kind: 'entry', id }, query, asking);
    if (found) return entryBody(ledger, found.entry, found.reversedBy);
    throw new Problem('not_found', `No entry was posted as ${id}. It may still be on its way: send it again, or cancel it.`);
  }

  @Get('holds/:id')
  @Describe({ id: 'getHold', summary: 'Show a hold', answers: { 200: 'Hold' } })
  async showHold(
    @Param('ledger') ledger: string,
    @Param('id') id: string,
    @Query() query: unknown,
    @AskedBy() asking: Asking,
  ): Promise<HoldBody> {
    const found = await this.lookUp(ledger, { kind: 'hold', id }, query, asking);
    if (found) return holdBody(ledger, found.hold, found.placed.texts);
    throw new Problem('not_found', `No hold was placed as ${id}. It may still be on its way: send it again, or cancel it.`);
  }

  @Get('commands/:id')
  @Describe({ id: 'getCommand', summary: 'Show what became of a command', answers: { 200: 'Command' } })
  async command(
    @Param('ledger') ledger: string,
    @Param('id') id: string,
    @Query() query: unknown,
    @AskedBy() asking: Asking,
  ): Promise<CommandBody> {
    const event = await this.lookUp(ledger, { kind: 'lookup', id }, query, asking);
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
  ): Promise<CommandEvent> {
    const answer = await this.decide(ledger, this.read(operationOf(op, named, given, asking.idempotencyKey)), asking);
    if (answer.replayed) void reply.header('idempotency-replayed', 'true');
    if (answer.status === 'rejected') throw refusal(answer.rejection);
    void reply.code(answer.replayed ? HttpStatus.OK : created);
    return answer.event;
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

  private async lookUp<A extends Lookup>(ledger: string, ask: A, query: unknown, asking: Asking): Promise<Reply<A> | null> {
    readQuery(query, {});
    if (!isCommandId(ask.id)) return null;
    const [found] = await this.ledgers.ask(asking, ledger, [ask]);
    return found!;
  }
}

type Lookup = Extract<Ask, { kind: 'lookup' | 'hold' | 'entry' }>;

function accountOf(event: CommandEvent): AccountBody {
  if (!('account' in event)) throw unexpected(event);
  return accountBody(event.account, event.position);
}

function entryOf(ledger: string, event: CommandEvent): EntryBody {
  if (!isEntry(event)) throw unexpected(event);
  return entryBody(ledger, event);
}

const unexpected = ({ type, position }: CommandEvent): Error => new Error(`The ${type} at ${position} does not answer this command.`);

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
