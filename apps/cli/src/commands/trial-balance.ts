import type { TrialBalanceBody } from '@mizan/contracts';
import { formatDecimal } from '@mizan/money';
import { type Money, money } from '../amount.js';
import { type ExitCode, exitCode } from '../exit-code.js';
import { type PastFlags, pastAsked } from '../moment.js';
import type { Session } from '../session.js';
import type { Column } from '../table.js';

/** An account's net balance, in the column of the side on which it stands; or the sum of such balances. */
interface Line {
  readonly account: string;
  readonly type: string;
  readonly asset: string;
  readonly debit: Money | null;
  readonly credit: Money | null;
}

const columns: readonly Column<Line>[] = [
  { title: 'account', cell: ({ account }) => account, gives: true },
  { title: 'type', cell: ({ type }) => type },
  { title: 'asset', cell: ({ asset }) => asset },
  { title: 'debit', cell: ({ debit }) => debit, align: 'right' },
  { title: 'credit', cell: ({ credit }) => credit, align: 'right' },
];

export async function trialBalance(session: Session, options: PastFlags & { prefix?: string }): Promise<ExitCode> {
  const { client, output, world } = session;
  const body = await client.trialBalance(await session.ledger(), { ...pastAsked(options), prefix: options.prefix, signal: world.signal });
  if (output.isJson) await output.document(body);
  else await output.rows(columns, linesOf(body));
  // A part of the accounts has no reason to balance.
  if (options.prefix !== undefined) return exitCode.done;
  const out = imbalances(body);
  for (const problem of out) output.say(`The book is not zero: ${problem}`);
  if (out.length > 0) return exitCode.checkFailed;
  const assets = body.totals.map(({ asset }) => asset).join(', ');
  output.note(`${body.accounts.length} accounts at position ${body.position}: debits and credits are equal${assets && ` (${assets})`}.`);
  return exitCode.done;
}

function* linesOf({ accounts, totals }: TrialBalanceBody): Generator<Line> {
  const exponents = new Map(totals.map(({ asset, exponent }) => [asset, exponent]));
  const sums = new Map<string, { debit: bigint; credit: bigint }>();
  for (const { account, type, asset, debits, credits } of accounts) {
    const net = BigInt(debits) - BigInt(credits);
    const sum = sums.get(asset) ?? { debit: 0n, credit: 0n };
    if (net > 0n) sum.debit += net;
    else sum.credit -= net;
    sums.set(asset, sum);
    const exponent = exponents.get(asset) ?? 0;
    yield { account, type, asset, debit: net > 0n ? money(net, exponent) : null, credit: net < 0n ? money(-net, exponent) : null };
  }
  for (const [asset, { debit, credit }] of sums) {
    const exponent = exponents.get(asset) ?? 0;
    yield { account: 'total', type: '', asset, debit: money(debit, exponent), credit: money(credit, exponent) };
  }
}

/** What is wrong with the book as a whole: the sums over its accounts, and the totals that the server says. */
function imbalances({ accounts, totals }: TrialBalanceBody): string[] {
  const net = new Map<string, bigint>();
  for (const { asset, debits, credits } of accounts) net.set(asset, (net.get(asset) ?? 0n) + BigInt(debits) - BigInt(credits));
  return totals.flatMap(({ asset, exponent, debits, credits }) => {
    const differences = new Set([net.get(asset) ?? 0n, BigInt(debits) - BigInt(credits)]);
    differences.delete(0n);
    return [...differences].map((difference) => `debits less credits are ${formatDecimal(difference, exponent)} ${asset}.`);
  });
}
