import { type AccountType, type Side, normalSide } from './account.js';

/** The four totals of an account: gross, unsigned, in minor units. The posted ones only grow. */
export interface Balances {
  readonly debitsPosted: bigint;
  readonly debitsHeld: bigint;
  readonly creditsPosted: bigint;
  readonly creditsHeld: bigint;
}

export const noBalances: Balances = { debitsPosted: 0n, debitsHeld: 0n, creditsPosted: 0n, creditsHeld: 0n };

type Typed = Balances & { readonly type: AccountType };

/** Normal side minus the other side, posted money only. */
export function posted(account: Typed): bigint {
  const net = account.debitsPosted - account.creditsPosted;
  return normalSide(account.type) === 'debit' ? net : -net;
}

/** What is held on the side that lowers the account. */
export function held(account: Typed): bigint {
  return normalSide(account.type) === 'debit' ? account.creditsHeld : account.debitsHeld;
}

/** What is held on the side that raises the account. */
export function heldTowards(account: Typed): bigint {
  return normalSide(account.type) === 'debit' ? account.debitsHeld : account.creditsHeld;
}

/** What a movement may still take: posted less held. */
export function available(account: Typed): bigint {
  return posted(account) - held(account);
}

/** An account (or its balances alone) after one posting of posted money. */
export function post<B extends Balances>(account: B, side: Side, amount: bigint): B {
  return side === 'debit'
    ? { ...account, debitsPosted: account.debitsPosted + amount }
    : { ...account, creditsPosted: account.creditsPosted + amount };
}

/** An account (or its balances alone) after an amount was held on one side; given back, where the amount is negative. */
export function holdOn<B extends Balances>(account: B, side: Side, amount: bigint): B {
  return side === 'debit'
    ? { ...account, debitsHeld: account.debitsHeld + amount }
    : { ...account, creditsHeld: account.creditsHeld + amount };
}

/** The four totals alone. */
export function balancesOf({ debitsPosted, debitsHeld, creditsPosted, creditsHeld }: Balances): Balances {
  return { debitsPosted, debitsHeld, creditsPosted, creditsHeld };
}

/** An account with these four totals. */
export function withBalances<B extends Balances>(account: B, { debitsPosted, debitsHeld, creditsPosted, creditsHeld }: Balances): B {
  return { ...account, debitsPosted, debitsHeld, creditsPosted, creditsHeld };
}
