import { Controller, Get, HttpStatus, Param, Post, Query, UseFilters } from '@nestjs/common';
import { type EntryBody, type HoldBody, holdBody, scopes } from '@mizan/contracts';
import { Describe, Problem, RequireScope } from '@mizan/platform';
import { AskedBy, type Asking, type Handed, HandedIn } from './asking.js';
import { CommandDesk, entryOf, unexpected } from './command-desk.js';
import { ForwardingFilter } from './forwarding.filter.js';

@RequireScope(scopes.ledger)
@UseFilters(ForwardingFilter)
@Controller('v1/ledgers/:ledger')
export class HoldsController {
  constructor(private readonly desk: CommandDesk) {}

  @Post('holds')
  @Describe({ id: 'placeHold', summary: 'Hold money', body: 'HoldRequest', answers: { 201: 'Hold', 200: 'Hold' }, idempotent: true })
  async hold(@Param('ledger') ledger: string, @HandedIn() handed: Handed): Promise<HoldBody> {
    const event = await this.desk.carryOut(ledger, 'hold', {}, handed, HttpStatus.CREATED);
    if (event.type !== 'HoldPlaced') throw unexpected(event);
    return holdBody(ledger, event.hold, event.texts);
  }

  @Get('holds/:id')
  @Describe({ id: 'getHold', summary: 'Show a hold', answers: { 200: 'Hold' } })
  async showHold(
    @Param('ledger') ledger: string,
    @Param('id') id: string,
    @Query() query: unknown,
    @AskedBy() asking: Asking,
  ): Promise<HoldBody> {
    const found = await this.desk.lookUp(ledger, { kind: 'hold', id }, query, asking);
    if (found) return holdBody(ledger, found.hold, found.placed.texts);
    throw new Problem('not_found', `No hold was placed as ${id}. It may still be on its way: send it again, or cancel it.`);
  }

  @Post('holds/:id/capture')
  @Describe({
    id: 'captureHold',
    summary: 'Post what is held, or a part of it',
    body: 'CaptureRequest',
    answers: { 201: 'Entry', 200: 'Entry' },
    idempotent: true,
  })
  async capture(@Param('ledger') ledger: string, @Param('id') hold: string, @HandedIn() handed: Handed): Promise<EntryBody> {
    return entryOf(ledger, await this.desk.carryOut(ledger, 'capture', { hold }, handed, HttpStatus.CREATED));
  }

  @Post('holds/:id/release')
  @Describe({
    id: 'releaseHold',
    summary: 'Give back what remains of a hold',
    body: 'CommandIdRequest',
    answers: { 200: 'Hold' },
    idempotent: true,
  })
  release(@Param('ledger') ledger: string, @Param('id') hold: string, @HandedIn() handed: Handed): Promise<HoldBody> {
    return this.desk.release(ledger, hold, handed);
  }
}
