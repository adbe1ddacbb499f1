import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { type StatementBody, scopes } from '@mizan/contracts';
import { Caller, Cursors, Describe, Problem, RequireScope, optionalPosition, optionalText, pageLimit, readQuery } from '@mizan/platform';
import type { FastifyReply } from 'fastify';
import { Books } from '../tables/books.js';
import {
  accountNamed,
  at,
  checkRange,
  knownAt,
  ledgerNamed,
  minPosition,
  optionalMoment,
  optionalPrefix,
  paging,
  recordedAt,
} from './reading.js';
import { type StatementStart, startOf, statementPage } from './statement-page.js';
import { trialBalance } from '../tables/trial-balance.js';

/** Trial balances on their way at once: each holds a connection to the database for as long as its reader takes. */
const MOST_TRIAL_BALANCES = 3;

@RequireScope(scopes.ledger)
@Controller('v1/ledgers/:ledger')
export class StatementsController {
  private trialBalances = 0;

  constructor(
    private readonly books: Books,
    private readonly cursors: Cursors,
  ) {}

  @Get('accounts/:account/statement')
  @Describe({
    id: 'getStatement',
    summary: 'What was posted to an account, by the moment it counts',
    description:
      'Opening and closing are those of the whole range. All pages are of the journal as it was at the position of the first. ' +
      'A page may be short, even empty, and have a next one: it looks at 10,000 postings at most, and what was recorded later is left out.',
    answers: { 200: 'Statement' },
    query: {
      from: [optionalMoment, 'First moment, inclusive.'],
      to: [optionalMoment, 'End, exclusive.'],
      recordedAt,
      ...paging,
      minPosition,
    },
  })
  statement(
    @Param('ledger') ledger: string,
    @Param('account') id: string,
    @Query() query: unknown,
    @Caller() { tenant }: Caller,
  ): Promise<StatementBody> {
    const asked = readQuery(query, {
      from: optionalMoment,
      to: optionalMoment,
      recordedAt: optionalMoment,
      limit: pageLimit,
      cursor: optionalText,
      minPosition: optionalPosition,
    });
    const { from, to, limit } = asked;
    checkRange(asked);
    const name = ledgerNamed(tenant, ledger);
    const list = [tenant, 'statement', ledger, id, String(from), String(to), String(asked.recordedAt)];
    const begun = asked.cursor === null ? null : this.cursors.decode<StatementStart>(list, asked.cursor);
    if (begun && begun.read < (asked.minPosition ?? 0))
      throw new Problem(
        'invalid_cursor',
        `This statement was begun at position ${begun.read}, before minPosition: begin again without cursor.`,
        { field: 'cursor' },
      );
    return this.books.read(name, begun?.read ?? asked.minPosition, async (book) => {
      const known = begun ?? (await knownAt(book, asked.recordedAt));
      const account = await accountNamed(book, id, known);
      const start = begun ?? (await startOf(book, account, { from, to }, known.position));
      const { page, next } = await statementPage(book, account, { from, to }, start, limit);
      return { ...page, next: next && this.cursors.encode(list, next) };
    });
  }

  @Get('trial-balance')
  @Describe({
    id: 'getTrialBalance',
    summary: 'Posted debits and credits of every account, with their totals per asset, also of the past',
    answers: { 200: 'TrialBalance' },
    query: { at, recordedAt, prefix: [optionalPrefix, 'The beginning of the ids.'], minPosition },
  })
  async trialBalance(
    @Param('ledger') ledger: string,
    @Query() query: unknown,
    @Caller() { tenant }: Caller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const asked = readQuery(query, {
      at: optionalMoment,
      recordedAt: optionalMoment,
      prefix: optionalPrefix,
      minPosition: optionalPosition,
    });
    const name = ledgerNamed(tenant, ledger);
    if (this.trialBalances >= MOST_TRIAL_BALANCES)
      throw new Problem('overloaded', 'Other trial balances are on their way. Try again shortly.', { headers: { 'retry-after': '1' } });
    this.trialBalances++;
    try {
      const { ledger: book, close } = await this.books.open(name, asked.minPosition);
      const known = await knownAt(book, asked.recordedAt).catch(async (error: unknown) => {
        await close();
        throw error;
      });
      const text = trialBalance(book, { at: asked.at, position: known.position }, asked.prefix);
      // Sent to the end, broken off by the reader, out of time, or failed: a stream closes once.
      text.once('close', () => {
        this.trialBalances--;
        void close();
      });
      void reply.type('application/json; charset=utf-8').send(text);
    } catch (error) {
      this.trialBalances--;
      throw error;
    }
  }
}
