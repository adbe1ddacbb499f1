import type { LedgerBooks } from '../books.js';
import type { Written } from './journal.js';
import type { PlainLedger } from './plain-ledger.js';

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

/** Where the books first say otherwise than what follows from the journal. */
export function booksDifference(found: string, expected: string): string {
  const should = new Map(expected.split('\n').map((line) => [line.split(' ')[0], line]));
  for (const line of found.split('\n')) {
    const [name] = line.split(' ');
    const right = should.get(name);
    if (right === undefined) return `say ${line}, of which there is nothing`;
    if (line !== right) return statementDifference(line, right) ?? `say ${line}, where there is ${right}`;
    should.delete(name);
  }
  return `say nothing of ${[...should.values()][0]}`;
}

/** How the statement of an account differs: null where its lines are right. */
function statementDifference(found: string, expected: string): string | null {
  const [has, should] = [found, expected].map((line) => (line.split(': ')[1] ?? '').split(', ').filter((entry) => entry !== ''));
  const of = found.split(' ')[0];
  const twice = has!.find((entry, at) => has!.indexOf(entry) !== at);
  if (twice !== undefined) return `have ${twice} on ${of} twice`;
  const missing = should!.find((entry) => !has!.includes(entry));
  if (missing !== undefined) return `lack ${missing} on ${of}`;
  const strange = has!.find((entry) => !should!.includes(entry));
  if (strange !== undefined) return `have ${strange} on ${of}, which was never posted`;
  const misplaced = has!.find((entry, at) => entry !== should![at]);
  return misplaced === undefined ? null : `have ${misplaced} on ${of} in the wrong place`;
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
