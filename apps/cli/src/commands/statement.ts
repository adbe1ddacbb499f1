import type { StatementBody, StatementLineBody } from '@mizan/contracts';
import { type Money, money } from '../amount.js';
import { type ExitCode, exitCode } from '../exit-code.js';
import { Failure } from '../failure.js';
import { type PastFlags, momentRange, pastAsked, throughMoment } from '../moment.js';
import type { Session } from '../session.js';
import type { Column } from '../table.js';

/** A line as shown: the opening and the closing stand above and below the movements. */
interface Line {
  readonly effectiveAt: string | null;
  readonly entry: string;
  readonly reference: string | null;
  readonly counterparts: readonly string[];
  readonly debit: Money | null;
  readonly credit: Money | null;
  readonly balance: Money;
}

const columns: readonly Column<Line>[] = [
  { title: 'effective', cell: ({ effectiveAt }) => effectiveAt && { at: effectiveAt } },
  { title: 'entry', cell: ({ entry }) => entry },
  { title: 'reference', cell: ({ reference }) => reference, gives: true },
  { title: 'other side', cell: ({ counterparts }) => counterparts.join(' '), gives: true },
  { title: 'debit', cell: ({ debit }) => debit, align: 'right' },
  { title: 'credit', cell: ({ credit }) => credit, align: 'right' },
  { title: 'balance', cell: ({ balance }) => balance, align: 'right' },
];

export async function statement(session: Session, account: string, options: StatementOptions): Promise<ExitCode> {
  const { recordedAt } = pastAsked(options);
  const range = { ...momentRange(options.from, endOf(options)), recordedAt, signal: session.world.signal };
  const pages = session.client.statement(await session.ledger(), account, range);
  const sum = new Sum();
  if (session.output.form === 'json') await session.output.document(await whole(sum.over(pages)));
  else if (session.output.form === 'jsonl') await session.output.rows([], movements(sum.over(pages)));
  else await session.output.rows(columns, shown(sum.over(pages), sum));
  if (sum.adds) return exitCode.done;
  session.output.say(`The opening balance and the lines do not add up to the closing balance of ${account}.`);
  return exitCode.checkFailed;
}

export interface StatementOptions extends PastFlags {
  readonly from?: string;
  readonly to?: string;
}

/** The end of the range: `--to`, or the first moment after `--at`. */
const endOf = ({ at, to }: StatementOptions): string | undefined =>
  at === undefined ? to : new Date(Date.parse(throughMoment(at)) + 1).toISOString();

/** What a statement must prove of itself: opening + lines = closing. */
class Sum {
  debits = 0n;
  credits = 0n;
  #page: StatementBody | null = null;

  async *over(pages: AsyncIterable<StatementBody>): AsyncGenerator<StatementBody> {
    for await (const page of pages) {
      this.#page = page;
      for (const { side, amount } of page.lines) {
        if (side === 'debit') this.debits += BigInt(amount);
        else this.credits += BigInt(amount);
      }
      yield page;
    }
  }

  get adds(): boolean {
    if (!this.#page) return false;
    const { normalSide, opening, closing } = this.#page;
    const net = normalSide === 'debit' ? this.debits - this.credits : this.credits - this.debits;
    return BigInt(opening) + net === BigInt(closing);
  }
}

/** All pages as the one document that they are parts of. */
async function whole(pages: AsyncIterable<StatementBody>): Promise<StatementBody> {
  let document: StatementBody | null = null;
  const lines: StatementLineBody[] = [];
  for await (const page of pages) {
    document ??= page;
    for (const line of page.lines) lines.push(line);
  }
  if (!document) throw new Failure('The server sent no statement.');
  return { ...document, lines, next: null };
}

async function* movements(pages: AsyncIterable<StatementBody>): AsyncGenerator<StatementLineBody> {
  for await (const { lines } of pages) yield* lines;
}

async function* shown(pages: AsyncIterable<StatementBody>, sum: Sum): AsyncGenerator<Line> {
  let last: StatementBody | null = null;
  for await (const page of pages) {
    const { exponent, from, opening } = page;
    const none = { counterparts: [], debit: null, credit: null };
    if (!last) yield { effectiveAt: from, entry: '', reference: 'opening', ...none, balance: money(opening, exponent) };
    last = page;
    for (const { side, amount, balance, ...line } of page.lines) {
      const moved = money(amount, exponent);
      yield {
        ...line,
        debit: side === 'debit' ? moved : null,
        credit: side === 'credit' ? moved : null,
        balance: money(balance, exponent),
      };
    }
  }
  if (!last) return;
  const { exponent, to, closing } = last;
  yield {
    effectiveAt: to,
    entry: '',
    reference: 'closing',
    counterparts: [],
    debit: money(sum.debits, exponent),
    credit: money(sum.credits, exponent),
    balance: money(closing, exponent),
  };
}
