import { Controller, Get, HttpStatus, Param, Post, Query, UseFilters } from '@nestjs/common';
import { type EntryBody, entryBody, scopes } from '@mizan/contracts';
import { Describe, Problem, RequireScope } from '@mizan/platform';
import { AskedBy, type Asking, type Handed, HandedIn } from './asking.js';
import { CommandDesk, entryOf } from './command-desk.js';
import { ForwardingFilter } from './forwarding.filter.js';

@RequireScope(scopes.ledger)
@UseFilters(ForwardingFilter)
@Controller('v1/ledgers/:ledger')
export class EntriesController {
  constructor(private readonly desk: CommandDesk) {}

  @Post('transfers')
  @Describe({
    id: 'postTransfer',
    summary: 'Post a transfer',
    body: 'TransferRequest',
    answers: { 201: 'Entry', 200: 'Entry' },
    idempotent: true,
  })
  async transfer(@Param('ledger') ledger: string, @HandedIn() handed: Handed): Promise<EntryBody> {
    return entryOf(ledger, await this.desk.carryOut(ledger, 'transfer', {}, handed, HttpStatus.CREATED));
  }

  @Get('transfers/:id')
  @Describe({ id: 'getTransfer', summary: 'Show an entry', answers: { 200: 'Entry' } })
  async entry(
    @Param('ledger') ledger: string,
    @Param('id') id: string,
    @Query() query: unknown,
    @AskedBy() asking: Asking,
  ): Promise<EntryBody> {
    const found = await this.desk.lookUp(ledger, { kind: 'entry', id }, query, asking);
    if (found) return entryBody(ledger, found.entry, found.reversedBy);
    throw new Problem('not_found', `No entry was posted as ${id}. It may still be on its way: send it again, or cancel it.`);
  }

  @Post('transfers/:id/reverse')
  @Describe({
    id: 'reverseEntry',
    summary: 'Post the opposite of an entry, or of a part of it',
    body: 'ReverseRequest',
    answers: { 201: 'Entry', 200: 'Entry' },
    idempotent: true,
  })
  async reverse(@Param('ledger') ledger: string, @Param('id') entry: string, @HandedIn() handed: Handed): Promise<EntryBody> {
    return entryOf(ledger, await this.desk.carryOut(ledger, 'reverse', { entry }, handed, HttpStatus.CREATED));
  }
}
