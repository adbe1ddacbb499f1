import { isoExponent } from '@mizan/money';
import type { Account } from './account.js';
import type { AccountOpened, CommandEvent, LedgerEvent } from './events.js';
import { evolve } from './evolve.js';
import type { Changes, Facts, LedgerFacts } from './facts.js';

/**
 * A ledger's facts in memory. Whoever keeps one may trim `openings` and `commands`, as long as what
 * `factsNeeded` names is put back before a decision.
 */
export class Book implements Facts {
  ledger: LedgerFacts = { position: 0, recordedAt: 0, closedThrough: null };
  readonly accounts = new Map<string, Account>();
  readonly openings = new Map<string, AccountOpened>();
  readonly commands = new Map<string, CommandEvent>();
  private readonly exponents = new Map<string, number>();

  /** @param exponentOf decimal places of the assets that were defined elsewhere; ISO 4217 unless given. */
  constructor(private readonly exponentOf: (asset: string) => number | undefined = isoExponent) {}

  account(id: string): Account | undefined {
    return this.accounts.get(id);
  }

  opening(account: string): AccountOpened | undefined {
    return this.openings.get(account);
  }

  command(id: string): CommandEvent | undefined {
    return this.commands.get(id);
  }

  exponent(asset: string): number | undefined {
    return this.exponents.get(asset) ?? this.exponentOf(asset);
  }

  defineAsset(code: string, exponent: number): void {
    this.exponents.set(code, exponent);
  }

  /** Takes the next event of the journal into the book. */
  apply(event: LedgerEvent): void {
    this.put(evolve(this, event));
  }

  private put({ ledger, accounts, opening, command }: Changes): void {
    this.ledger = ledger;
    for (const account of accounts) this.accounts.set(account.id, account);
    if (opening) this.openings.set(opening.account.id, opening);
    if (command) this.commands.set(command.command.id, command);
  }
}
