import type { PostingBody } from '@mizan/contracts';
import type { RecordedPosting, Side } from '@mizan/ledger';

/** A posting as the tables keep it beside its entry: a third as long as it is shown. Amounts and totals are digits. */
export type Leg = readonly [
  account: string,
  side: Side,
  amount: string,
  asset: string,
  debitsPosted: string,
  debitsHeld: string,
  creditsPosted: string,
  creditsHeld: string,
];

/** JSON text. Ids, sides, digits and assets need no escaping. */
export const legsText = (postings: readonly RecordedPosting[]): string => `[${postings.map(legText).join(',')}]`;

const legText = ({ account, side, amount, asset, balances }: RecordedPosting): string =>
  `["${account}","${side}","${amount}","${asset}","${balances.debitsPosted}","${balances.debitsHeld}","${balances.creditsPosted}","${balances.creditsHeld}"]`;

export const shownLeg = ([account, side, amount, asset, debitsPosted, debitsHeld, creditsPosted, creditsHeld]: Leg): PostingBody => ({
  account,
  side,
  amount,
  asset,
  balances: { debits: { posted: debitsPosted, held: debitsHeld }, credits: { posted: creditsPosted, held: creditsHeld } },
});
