import { Readable } from 'node:stream';
import type { TrialBalanceBody } from '@mizan/contracts';
import type { Account } from '@mizan/ledger';
import { Problem } from '@mizan/platform';
import type { LedgerSnapshot } from './ledger-snapshot.js';
import type { Axes } from './past.js';

const PAGE = 1_000;
/** Of accounts whose past is asked for: each takes some work. */
const PAST_PAGE = 200;
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
export function trialBalance(ledger: LedgerSnapshot, axes: Axes, prefix: string | null, longestMs = LONGEST_MS): Readable {
  const text = Readable.from(trialBalanceText(ledger, axes, prefix));
  const timer = setTimeout(() => text.destroy(new Problem('overloaded', 'The reader took too long to take the trial balance.')), longestMs);
  return text.once('close', () => clearTimeout(timer));
}

/** Piece by piece; never more than a page of accounts in memory. */
async function* trialBalanceText(ledger: LedgerSnapshot, axes: Axes, prefix: string | null): AsyncGenerator<string> {
  const totals = new AssetTotals();
  yield `{"position":${axes.position},"accounts":[`;
  const isPast = axes.at !== null || axes.position < ledger.position;
  const limit = isPast ? PAST_PAGE : PAGE;
  let separator = '';
  let after = '';
  for (;;) {
    const page = await ledger.accounts({ prefix, type: null, asset: null }, after, limit);
    const known = page.filter(({ openedPosition }) => openedPosition <= axes.position);
    const shown = isPast ? await ledger.postedAt(known, axes) : known;
    for (const account of shown) totals.add(account);
    const lines = shown.map((account) => JSON.stringify(lineOf(account))).join(',');
    if (lines) yield `${separator}${lines}`;
    if (lines) separator = ',';
    if (page.length < limit) break;
    after = page.at(-1)!.id;
  }
  yield `],"totals":${JSON.stringify(totals.lines())}}`;
}
