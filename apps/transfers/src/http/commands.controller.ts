import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Query, UseFilters } from '@nestjs/common';
import { type CommandBody, type LedgerBody, type ResultBody, scopes } from '@mizan/contracts';
import { BodyLimit, Describe, Problem, RequireScope } from '@mizan/platform';
import { CheckedClock } from '@mizan/writer';
import { commandBody } from './answers.js';
import { AskedBy, type Asking, type Handed, HandedIn } from './asking.js';
import { MAX_BATCH_BYTES, carryOutBatch } from './batch.js';
import { CommandDesk, unexpected } from './command-desk.js';
import { ForwardingFilter } from './forwarding.filter.js';
import { Ledgers } from '../ledgers.js';

/** What concerns a ledger as a whole, or any command by its id; and all commands in a batch. */
@RequireScope(scopes.ledger)
@UseFilters(ForwardingFilter)
@Controller('v1/ledgers/:ledger')
export class CommandsController {
  constructor(
    private readonly desk: CommandDesk,
    private readonly ledgers: Ledgers,
    private readonly clock: CheckedClock,
  ) {}

  @Post('close-period')
  @Describe({
    id: 'closePeriod',
    summary: 'Close the books through a day',
    body: 'PeriodRequest',
    answers: { 200: 'Ledger' },
    idempotent: true,
  })
  async closePeriod(@Param('ledger') ledger: string, @HandedIn() handed: Handed): Promise<LedgerBody> {
    const event = await this.desk.carryOut(ledger, 'close-period', {}, handed, HttpStatus.OK);
    if (event.type !== 'PeriodClosed') throw unexpected(event);
    const { uid, name } = await this.ledgers.entry(handed.asking.tenant, ledger);
    return { id: ledger, uid, name, closedThrough: event.command.through, position: event.position };
  }

  @Get('commands/:id')
  @Describe({ id: 'getCommand', summary: 'Show what became of a command', answers: { 200: 'Command' } })
  async command(
    @Param('ledger') ledger: string,
    @Param('id') id: string,
    @Query() query: unknown,
    @AskedBy() asking: Asking,
  ): Promise<CommandBody> {
    const event = await this.desk.lookUp(ledger, { kind: 'lookup', id }, query, asking);
    if (event) return commandBody(event);
    throw new Problem('not_found', `The id ${id} is not spent. Its command may still be on its way: send it again, or cancel it.`);
  }

  @Post('commands/:id/cancel')
  @HttpCode(HttpStatus.OK)
  @Describe({ id: 'cancelCommand', summary: 'Give an id up for certain', answers: { 200: 'Command' }, replayable: true })
  async cancel(@Param('ledger') ledger: string, @Param('id') id: string, @HandedIn() handed: Handed): Promise<CommandBody> {
    return commandBody(await this.desk.cancel(ledger, id, handed));
  }

  @Post('batch')
  @BodyLimit(MAX_BATCH_BYTES)
  @HttpCode(HttpStatus.OK)
  @Describe({
    id: 'postBatch',
    summary: 'Send many operations at once',
    body: 'BatchRequest',
    answers: { 200: 'BatchAnswer' },
    recorded: true,
  })
  async batch(
    @Param('ledger') ledger: string,
    @Body() given: unknown,
    @AskedBy() asking: Asking,
  ): Promise<{ readonly results: readonly ResultBody[] }> {
    const { prefixes } = asking;
    return { results: await carryOutBatch(given, this.clock.now(), prefixes, (asks) => this.ledgers.ask(asking, ledger, asks)) };
  }
}
