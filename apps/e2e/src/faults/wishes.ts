import { type Chance, between, oneOf } from '@mizan/process/trial';
import type { Request } from './request.js';

export const LEDGERS = ['faults', 'faults-beside'];
export const BANK = 'bank:cash';
const CLIENTS = Array.from({ length: 12 }, (_, nr) => `clients:${nr}`);

/** What must be there before anybody posts: a source of money without limit, and clients who may not go below zero. */
export const accounts = [
  { id: BANK, type: 'asset', asset: 'EUR' },
  ...CLIENTS.map((id) => ({ id, type: 'liability', asset: 'EUR', minBalance: '0' })),
];

/** What one client wants next: transfers, holds, and captures, releases and reversals of what was acknowledged to it. */
export class Wishes {
  #last = 0;
  readonly #holds: { readonly ledger: string; readonly id: string; readonly amount: number }[] = [];
  readonly #entries: { readonly ledger: string; readonly id: string; readonly amount: number }[] = [];

  constructor(
    private readonly name: string,
    private readonly draw: Chance,
  ) {}

  next(): Request {
    const kind = this.draw();
    const ledger = oneOf(this.draw, LEDGERS);
    if (kind < 0.3) return this.#transfer(ledger, BANK, oneOf(this.draw, CLIENTS), between(this.draw, 1, 9_000));
    if (kind < 0.55) return this.#transfer(ledger, ...this.#pair(), between(this.draw, 1, 4_000));
    if (kind < 0.62) return this.#split(ledger);
    if (kind < 0.78 || this.#holds.length === 0) return this.#hold(ledger);
    if (kind < 0.9) return this.#endHold();
    return this.#entries.length > 0 ? this.#reversal() : this.#hold(ledger);
  }

  /** What was applied can be captured, released or reversed. */
  applied({ ledger, command: { op, id, amount } }: Request): void {
    if (op === 'hold') this.#holds.push({ ledger, id, amount: Number(amount) });
    if (op === 'transfer' && amount !== undefined) this.#entries.push({ ledger, id, amount: Number(amount) });
  }

  #id = (): string => `${this.name}:${(this.#last += 1)}`;

  #pair(): [string, string] {
    const debit = oneOf(this.draw, CLIENTS);
    return [
      debit,
      oneOf(
        this.draw,
        CLIENTS.filter((id) => id !== debit),
      ),
    ];
  }

  #transfer(ledger: string, debit: string, credit: string, units: number): Request {
    const body = { id: this.#id(), debit, credit, amount: String(units) };
    return { ledger, path: 'transfers', body, command: { op: 'transfer', ...body } };
  }

  #split(ledger: string): Request {
    const [payer, payee] = this.#pair();
    const [share, fee] = [between(this.draw, 1, 2_000), between(this.draw, 1, 20)];
    const postings = [
      { account: payer, side: 'debit', amount: String(share + fee) },
      { account: payee, side: 'credit', amount: String(share) },
      { account: BANK, side: 'credit', amount: String(fee) },
    ];
    const body = { id: this.#id(), postings };
    return { ledger, path: 'transfers', body, command: { op: 'transfer', ...body } };
  }

  #hold(ledger: string): Request {
    const [debit, credit] = this.#pair();
    // Some fall due while the fault lasts.
    const expiry = this.draw() < 0.4 ? { expiresAt: new Date(Date.now() + between(this.draw, 300, 2_500)).toISOString() } : {};
    const body = { id: this.#id(), debit, credit, amount: String(between(this.draw, 1, 3_000)), ...expiry };
    return { ledger, path: 'holds', body, command: { op: 'hold', ...body } };
  }

  #endHold(): Request {
    const { ledger, id: hold, amount } = this.#holds.splice(between(this.draw, 0, this.#holds.length - 1), 1)[0]!;
    const id = this.#id();
    if (this.draw() < 0.25) return { ledger, path: `holds/${hold}/release`, body: { id }, command: { op: 'release', id, hold } };
    const body = { id, amount: String(between(this.draw, 1, amount)), final: this.draw() < 0.7 };
    return { ledger, path: `holds/${hold}/capture`, body, command: { op: 'capture', hold, ...body } };
  }

  #reversal(): Request {
    const { ledger, id: entry, amount } = this.#entries.splice(between(this.draw, 0, this.#entries.length - 1), 1)[0]!;
    const body = { id: this.#id(), amount: String(between(this.draw, 1, amount)) };
    return { ledger, path: `transfers/${entry}/reverse`, body, command: { op: 'reverse', entry, ...body } };
  }
}
