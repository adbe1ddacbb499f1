import type { LedgerBooks } from '../books.js';
import type { Written } from './journal.js';
import type { PlainLedger } from './rules.js';

// A read model and the judge's recomputation of it, each as one text.

interface Line {
  readonly account: string;
  readonly effectiveAt: number;
  readonly position: number;
  readonly leg: number;
  readonly said: string;
}

const amounts = (account: { debitsPosted: bigint; debitsHeld: bigint; creditsPosted: bigint; creditsHeld: bigint }): string =>
  `${account.debitsPosted}/${account.debitsHeld} ${account.creditsPosted}/${account.creditsHeld}`;

export function booksText(books: LedgerBooks): string {
  const accounts = [...books.balances].map(([id, balances]) => {
    const lines = (books.statements.get(id) ?? []).map(
      (line) => `${line.effectiveAt}@${line.position}.${line.leg} ${line.side} ${line.amount}`,
    );
    return `${id} ${amounts(balances)}: ${lines.join(', ')}`;
  });
  const holds = [...books.holds].map(([id, said]) => `${id} ${said}`);
  const references = [...books.references].map(([position, reference]) => `${position} ${reference}`);
  return [...accounts.sort(), ...holds.sort(), ...references.sort()].join('\n');
}

/** From the journal alone. @param events up to the position that the ledger is at. */
export function expectedBooksText(ledger: PlainLedger, events: readonly Written[]): string {
  const lines = events.flatMap(linesOf);
  lines.sort((one, other) => one.effectiveAt - other.effectiveAt || one.position - other.position || one.leg - other.leg);
  const accounts = [...ledger.accounts.values()].map((account) => {
    const own = lines.filter((line) => line.account === account.id).map(({ said }) => said);
    return `${account.id} ${amounts(account)}: ${own.join(', ')}`;
  });
  const holds = [...ledger.holds.values()].map(
    ({ id, status, amount, captured, released }) => `${id} ${status} ${amount - captured - released}`,
  );
  const references = events.filter(({ data }) => data.postings).map(({ position, texts }) => `${position} ${texts?.reference ?? null}`);
  return [...accounts.sort(), ...holds.sort(), ...references.sort()].join('\n');
}

function linesOf({ position, data }: Written): Line[] {
  const effectiveAt = Date.parse(data.effectiveAt as string);
  const postings = (data.postings ?? []) as { account: string; side: string; amount: string }[];
  return postings.map(({ account, side, amount }, leg) => ({
    account,
    effectiveAt,
    position,
    leg,
    said: `${effectiveAt}@${position}.${leg} ${side} ${amount}`,
  }));
}
