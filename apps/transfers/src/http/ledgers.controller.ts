import { Body, Controller, Get, HttpStatus, Param, Put, Query, Res, UseFilters } from '@nestjs/common';
import { holdsCardNumber, textFault } from '@mizan/ledger';
import { type AssetBody, type LedgerBody, type ListBody, scopes } from '@mizan/contracts';
import { isAssetCode, isExponent } from '@mizan/money';
import { Caller, Cursors, Describe, Problem, RequireScope, optionalText, pageLimit, readQuery } from '@mizan/platform';
import { Assets } from '@mizan/writer/ledger';
import type { FastifyReply } from 'fastify';
import { AskedBy, type Asking } from './asking.js';
import { ForwardingFilter } from './forwarding.filter.js';
import { Ledgers, isLedgerId } from '../ledgers.js';

const LONGEST_NAME = 128;

@RequireScope(scopes.ledger)
@UseFilters(ForwardingFilter)
@Controller('v1')
export class LedgersController {
  constructor(
    private readonly ledgers: Ledgers,
    private readonly assets: Assets,
    private readonly cursors: Cursors,
  ) {}

  @Put('ledgers/:ledger')
  @Describe({
    id: 'putLedger',
    summary: 'Create a ledger',
    body: 'LedgerRequest',
    answers: { 201: 'Ledger', 200: 'Ledger' },
    recorded: true,
  })
  async put(
    @Param('ledger') id: string,
    @Body() given: unknown,
    @AskedBy() asking: Asking,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<LedgerBody> {
    if (!isLedgerId(id))
      throw new Problem('invalid_id', `"${id}" is no ledger id: 1 to 64 of A-Z a-z 0-9 _ . - and a letter or digit first.`, {
        field: 'ledger',
      });
    if (holdsCardNumber(id)) throw cardNumber('ledger');
    const { created, body } = await this.ledgers.create(asking, id, nameOf(given));
    void reply.code(created ? HttpStatus.CREATED : HttpStatus.OK);
    return body;
  }

  @Get('ledgers')
  @Describe({
    id: 'listLedgers',
    summary: 'List ledgers',
    answers: { 200: 'LedgerList' },
    query: { limit: [pageLimit, 'Items on a page.'], cursor: [optionalText, 'From "next" of the page before.'] },
  })
  async list(@Query() query: unknown, @Caller() { tenant }: Caller): Promise<ListBody<LedgerBody>> {
    const { limit, cursor } = readQuery(query, { limit: pageLimit, cursor: optionalText });
    const of = [tenant, 'ledgers'];
    const after = cursor === null ? '' : this.cursors.decode<{ after: string }>(of, cursor).after;
    const items = await this.ledgers.list(tenant, after, limit);
    return { items, next: items.length < limit ? null : this.cursors.encode(of, { after: items.at(-1)!.id }) };
  }

  @Get('ledgers/:ledger')
  @Describe({ id: 'getLedger', summary: 'Show a ledger', answers: { 200: 'Ledger' } })
  show(@Param('ledger') id: string, @Query() query: unknown, @Caller() { tenant }: Caller): Promise<LedgerBody> {
    readQuery(query, {});
    return this.ledgers.show(tenant, id);
  }

  @Put('assets/:code')
  @Describe({ id: 'putAsset', summary: 'Define an asset of your own', body: 'AssetRequest', answers: { 201: 'Asset', 200: 'Asset' } })
  async putAsset(
    @Param('code') code: string,
    @Body() given: unknown,
    @Caller() { tenant }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AssetBody> {
    if (!isAssetCode(code))
      throw new Problem('invalid_asset', `"${code}" is no asset code: A-Z first, then up to 15 of A-Z 0-9.`, { field: 'code' });
    const { exponent } = fieldsOf(given, ['exponent']);
    if (!isExponent(exponent))
      throw new Problem('invalid_asset', 'The exponent is the number of decimal places, 0 to 18.', { field: 'exponent' });
    const defined = await this.assets.define(tenant, code, exponent);
    if (defined.exponent !== exponent)
      throw new Problem('id_conflict', `${code} has ${defined.exponent} decimal places already. Choose another code.`, {
        field: 'exponent',
      });
    void reply.code(defined.created ? HttpStatus.CREATED : HttpStatus.OK);
    return { code, exponent };
  }
}

function nameOf(given: unknown): string | null {
  const { name } = fieldsOf(given ?? {}, ['name']);
  if (name === undefined) return null;
  const fault = typeof name === 'string' && name.length > 0 ? textFault(name, LONGEST_NAME) : 'must be a string that is not empty';
  if (fault) throw new Problem('invalid_operation', `name ${fault}.`, { field: 'name' });
  if (holdsCardNumber(name as string)) throw cardNumber('name');
  return name as string;
}

const cardNumber = (field: string): Problem =>
  new Problem(
    'card_number',
    `${field} holds what may be a card number, and the journal keeps it for ever. A letter or a prefix makes an innocent number pass.`,
    { field },
  );

/** The body's fields. @throws Problem for one that does not belong. */
function fieldsOf(given: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new Problem('invalid_operation', 'The body is a JSON object.');
  const stray = Object.keys(given).find((field) => !known.includes(field));
  if (stray !== undefined)
    throw new Problem('invalid_operation', `There is no field ${stray} here. There is: ${known.join(', ')}.`, { field: stray });
  return given as Readonly<Record<string, unknown>>;
}
