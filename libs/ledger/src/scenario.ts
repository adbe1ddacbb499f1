import { isoExponent, parseDecimal } from '@mizan/money';
import { parseInstant } from './instant.js';

/**
 * A scenario is ledger text: what is asked of a ledger, line by line, and what must come of it.
 *
 *     # A comment.
 *     at 2026-01-05T09:00:00Z
 *     asset POINTS 0
 *     open wallets:17  liability USD  min 0.00
 *     transfer pay-1  debit wallets:17  credit wallets:18  25.00 USD   => insufficient_funds wallets:17
 *     transfer sale-1  reference "Order 5"  effective 2026-01-04T00:00:00Z
 *       debit  wallets:17     25.00 USD
 *       credit shop:sales     24.00 USD
 *       credit shop:fees       1.00 USD
 *     transfer rest-1  debit wallets:17  credit wallets:18  25.00 USD  cap debit   => moves 12.00
 *     hold auth-1  debit wallets:17  credit shop:sales  40.00 USD  expires 2026-01-12T09:00:00Z
 *     capture part-1  hold auth-1  15.00 USD  final false
 *     release rest-2  hold auth-1
 *     reverse back-1  entry part-1  5.00 USD
 *     update freeze-1 wallets:17  frozen debits
 *     close-period books-1  2026-01-04
 *     group
 *       transfer pay-2  debit wallets:17  credit wallets:18  1.00 USD
 *       close end-1 wallets:19
 *     balance wallets:17  24.00 USD
 *     totals  wallets:17  26.00 0.00  50.00 0.00
 *
 * After `=>` stands what is expected: `replayed`, a rejection's code, and the account or field it names (a group's
 * own result says no more than its code); or `moves` and what was moved, where a limit or a hold decided it.
 * Nothing: applied. Whenever time moves on, holds that have fallen due expire.
 * `balance` is the normal posted balance; `totals` are debits posted and held, credits posted and held; `remaining`
 * is what remains of a hold, and its status.
 */
export type Step =
  | { readonly kind: 'at'; readonly line: number; readonly now: number }
  | { readonly kind: 'asset'; readonly line: number; readonly code: string; readonly exponent: number }
  | { readonly kind: 'ask'; readonly line: number; readonly ask: Ask }
  | { readonly kind: 'balance'; readonly line: number; readonly account: string; readonly balance: bigint }
  | { readonly kind: 'remaining'; readonly line: number; readonly hold: string; readonly remaining: bigint; readonly status: string }
  | { readonly kind: 'totals'; readonly line: number; readonly account: string; readonly totals: readonly bigint[] };

/** An operation as it stands in a batch, and the result expected of it. */
export interface Ask {
  readonly operation: Record<string, unknown>;
  readonly expected: Expected;
  /** Of a group: what is expected of each member. */
  readonly members: readonly Expected[];
}

export interface Expected {
  readonly replayed: boolean;
  /** Null: applied. */
  readonly code: string | null;
  readonly account: string | null;
  /** What was moved, minor units; null: not looked at. */
  readonly amount: bigint | null;
}

/** @throws Error naming the line, where the text is not a scenario. */
export function readScenario(text: string): readonly Step[] {
  const reader = new Reader();
  return blocksOf(text).map((block) => reader.step(block));
}

/** A line with the lines that are indented under it. */
interface Block {
  readonly line: number;
  readonly words: readonly string[];
  /** What stands after `=>`. */
  readonly result: readonly string[];
  readonly inner: readonly Block[];
}

function blocksOf(text: string): readonly Block[] {
  const lines = text.split('\n').map((source, place) => ({ source, line: place + 1 }));
  return nest(lines.filter(({ source }) => source.trim() !== '' && !source.trim().startsWith('#')));
}

type Line = { readonly source: string; readonly line: number };

const indent = ({ source }: Line): number => source.length - source.trimStart().length;

function nest(lines: readonly Line[]): readonly Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length;) {
    const head = lines[at]!;
    let end = at + 1;
    while (end < lines.length && indent(lines[end]!) > indent(head)) end++;
    const [asked = '', result = ''] = head.source.split('=>');
    blocks.push({ line: head.line, words: wordsOf(asked), result: wordsOf(result), inner: nest(lines.slice(at + 1, end)) });
    at = end;
  }
  return blocks;
}

/** Words, or "several words" in quotes. */
const wordsOf = (source: string): readonly string[] => [...source.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);

class Reader {
  private readonly exponents = new Map<string, number>();
  /** The asset of each account as it was first opened, for amounts that name none. */
  private readonly assets = new Map<string, string>();
  /** The asset of each hold and entry, for the same reason. */
  private readonly moved = new Map<string, string>();

  step(block: Block): Step {
    const { line, words } = block;
    const [verb = '', subject = '', ...rest] = words;
    switch (verb) {
      case 'at': {
        const now = parseInstant(subject);
        if (now === undefined) throw wrong(block, `${subject} is not a moment`);
        return { kind: 'at', line, now };
      }
      case 'asset':
        this.exponents.set(subject, Number(rest[0]));
        return { kind: 'asset', line, code: subject, exponent: Number(rest[0]) };
      case 'balance':
        return { kind: 'balance', line, account: subject, balance: this.amount(block, rest[0], rest[1]) };
      case 'remaining':
        return {
          kind: 'remaining',
          line,
          hold: subject,
          remaining: this.amount(block, rest[0], this.moved.get(subject)),
          status: rest[1] ?? '',
        };
      case 'totals': {
        const asset = this.assets.get(subject);
        return { kind: 'totals', line, account: subject, totals: rest.map((text) => this.amount(block, text, asset)) };
      }
      default:
        return { kind: 'ask', line, ask: this.ask(block) };
    }
  }

  private ask(block: Block): Ask {
    const { inner } = block;
    if (block.words[0] !== 'group') return { operation: this.operation(block), expected: this.expected(block), members: [] };
    const operations = inner.map((member) => this.operation(member));
    return {
      operation: { op: 'group', operations },
      expected: this.expected(block),
      members: inner.map((member) => this.expected(member)),
    };
  }

  private expected(block: Block): Expected {
    const replayed = block.result[0] === 'replayed';
    const [code = null, named = null] = replayed ? block.result.slice(1) : block.result;
    if (code !== 'moves') return { replayed, code, account: named, amount: null };
    return { replayed, code: null, account: null, amount: this.amount(block, named ?? '', this.moved.get(block.words[1] ?? '')) };
  }

  private operation(block: Block): Record<string, unknown> {
    const [op = '', id = '', ...rest] = block.words;
    switch (op) {
      case 'open': {
        const [type, asset = '', ...options] = rest;
        if (!this.assets.has(id)) this.assets.set(id, asset);
        return { op, id, type, asset, ...this.options(block, options, asset) };
      }
      case 'transfer':
        return block.inner.length > 0 ? this.postings(block, id, rest) : this.legs(block, id, rest);
      case 'hold': {
        const { op: _, ...hold } = this.legs(block, id, rest);
        return { op, ...hold };
      }
      case 'capture':
      case 'reverse':
        return this.reference(block, op, id, rest);
      case 'release':
        return { op, id, hold: rest[1] };
      case 'close-period':
        return { op, id, through: rest[0] };
      case 'update': {
        const [account = '', ...options] = rest;
        return { op, id, account, ...this.options(block, options, this.assets.get(account)) };
      }
      case 'close':
      case 'reopen':
        return { op, id, account: rest[0] };
      case 'cancel':
        return { op, id };
      default:
        throw wrong(block, `"${op}" is not known here`);
    }
  }

  private legs(block: Block, id: string, words: readonly string[]): Record<string, unknown> {
    const [, debit, , credit, amount, asset, ...options] = words;
    if (words[0] !== 'debit' || words[2] !== 'credit')
      throw wrong(block, 'write: transfer <id> debit <account> credit <account> <amount> <asset>');
    this.moved.set(id, asset ?? '');
    return { op: 'transfer', id, debit, credit, amount: String(this.amount(block, amount, asset)), ...this.options(block, options) };
  }

  /** `capture <id> hold <hold> [<amount> <asset>] ...`, `reverse <id> entry <entry> [<amount> <asset>] ...`. */
  private reference(
    block: Block,
    op: 'capture' | 'reverse',
    id: string,
    [noun, referred = '', ...words]: readonly string[],
  ): Record<string, unknown> {
    if (noun !== (op === 'capture' ? 'hold' : 'entry')) throw wrong(block, `write: ${op} <id> ${op === 'capture' ? 'hold' : 'entry'} <id>`);
    this.moved.set(id, this.moved.get(referred) ?? '');
    const partial = /^\d/.test(words[0] ?? '');
    const amount = partial ? { amount: String(this.amount(block, words[0], words[1])) } : {};
    return { op, id, [noun]: referred, ...amount, ...this.options(block, partial ? words.slice(2) : words) };
  }

  private postings(block: Block, id: string, options: readonly string[]): Record<string, unknown> {
    this.moved.set(id, block.inner[0]?.words[3] ?? '');
    const postings = block.inner.map(({ words: [side, account, amount, asset] }) => ({
      account,
      side,
      amount: String(this.amount(block, amount, asset)),
    }));
    return { op: 'transfer', id, postings, ...this.options(block, options) };
  }

  /** Pairs of a name and a value: `min 0.00`, `reference "Order 5"`, `metadata.order 5`. */
  private options(block: Block, words: readonly string[], asset?: string): Record<string, unknown> {
    const fields: Record<string, unknown> = {};
    const metadata: Record<string, string> = {};
    for (let at = 0; at < words.length; at += 2) {
      const name = words[at]!;
      const value = words[at + 1] ?? '';
      if (name === 'min' || name === 'max') fields[`${name}Balance`] = value === 'none' ? null : String(this.amount(block, value, asset));
      else if (name === 'frozen' || name === 'reference' || name === 'cap') fields[name] = value;
      else if (name === 'final') fields.final = value === 'true';
      else if (name === 'effective' || name === 'expires') fields[name === 'effective' ? 'effectiveAt' : 'expiresAt'] = value;
      else if (name.startsWith('metadata.')) metadata[name.slice('metadata.'.length)] = value;
      else throw wrong(block, `"${name}" is not known here`);
    }
    return Object.keys(metadata).length > 0 ? { ...fields, metadata } : fields;
  }

  private amount(block: Block, text = '', asset = ''): bigint {
    const exponent = this.exponents.get(asset) ?? isoExponent(asset);
    if (exponent === undefined) throw wrong(block, `"${asset}" is no asset`);
    const amount = parseDecimal(text, exponent, { signed: true });
    if (typeof amount !== 'bigint') throw wrong(block, `"${text}" is ${amount} as an amount in ${asset}`);
    return amount;
  }
}

const wrong = ({ line }: Block, what: string): Error => new Error(`Line ${line}: ${what}.`);
