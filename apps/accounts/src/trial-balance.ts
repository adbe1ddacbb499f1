import { Readable } from 'node:stream';
import type { TrialBalanceBody } from '@mizan/contracts';
import type { Account } from '@mizan/ledger';
import { Problem } from '@mizan/platform';
import type { LedgerSnapshot } from './ledger-snapshot.js';

const PAGE = 1_000;
/** A snapshot that is held longer keeps the database from tidying up. */
const LONGEST_MS = 60_000;

type Line = TrialBalanceBody['accounts'][number];
type Total = TrialBalanceBody['totals'][number];

export const lineOf = ({ id, type, asset, debitsPosted, creditsPosted }: Account): Line => ({
  account: id,
  type,
  asset,
  debits: String(debitsPosted),
  credits: String(creditsPosted),
});

/** Posted money per asset, in gross sums. */
export class AssetTotals {
  private readonly totals = new Map<string, { readonly exponent: number; debits: bigint; credits: bigint }>();

  add({ asset, exponent, debitsPosted, creditsPosted }: Account): void {
    const total = this.totals.get(asset) ?? { exponent, debits: 0n, credits: 0n };
    total.debits += debitsPosted;
    total.credits += creditsPosted;
    this.totals.set(asset, total);
  }

  /** By asset code. */
  lines(): readonly Total[] {
    return [...this.totals]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([asset, { exponent, debits, credits }]) => ({ asset, exponent, debits: String(debits), credits: String(credits) }));
  }
}

/**
 * The trial balance of a ledger as JSON text. It closes when all is read, or when it is destroyed.
 * @param longestMs after this time it is destroyed with a Problem `overloaded`, also where its reader asks for nothing any more.
 */
export function trialBalance(ledger: LedgerSnapshot, prefix: string | null, longestMs = LONGEST_MS): Readable {
  const text = Readable.from(trialBalanceText(ledger, prefix));
  const timer = setTimeout(() => text.destroy(new Problem('overloaded', 'The reader took too long to take the trial balance.')), longestMs);
  return text.once('close', () => clearTimeout(timer));
}

/** Piece by piece; never more than a page of accounts in memory. */
async function* trialBalanceText(ledger: LedgerSnapshot, prefix: string | null): AsyncGenerator<string> {
  const totals = new AssetTotals();
  yield `{"position":${ledger.position},"accounts":[`;
  let after = '';
  for (;;) {
    const page = await ledger.accounts({ prefix, type: null, asset: null }, after, PAGE);
    for (const account of page) totals.add(account);
    const lines = page.map((account) => JSON.stringify(lineOf(account))).join(',');
    if (lines) yield after === '' ? lines : `,${lines}`;
    if (page.length < PAGE) break;
    after = page.at(-1)!.id;
  }
  yield `],"totals":${JSON.stringify(totals.lines())}}`;
}
