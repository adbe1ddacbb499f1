import { isoExponent } from '@mizan/money';
import type { Account } from './account.js';
import { type AccountOpened, type CommandEvent, type LedgerEvent, isEntry } from './events.js';
import { evolve } from './evolve.js';
import { Expiries } from './expiries.js';
import type { Changes, Entry, Facts, LedgerFacts } from './facts.js';
import type { Hold } from './hold.js';

/**
 * A ledger's facts in memory. Whoever keeps one may trim `openings`, `commands`, `ended` and `entries`, as long as
 * what `factsNeeded` names is put back before a decision.
 */
export class Book implements Facts {
  ledger: LedgerFacts = { position: 0, recordedAt: 0, closedThrough: null };
  readonly accounts = new Map<string, Account>();
  readonly openings = new Map<string, AccountOpened>();
  readonly commands = new Map<string, CommandEvent>();
  /** Open holds, all of them. */
  readonly open = new Map<string, Hold>();
  /** Holds that have ended. */
  readonly ended = new Map<string, Hold>();
  /** Entries that were reversed; any other is known from the command that posted it. */
  readonly entries = new Map<string, Entry>();
  private readonly expiries = new Expiries((id) => this.open.has(id));
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

  hold(id: string): Hold | undefined {
    return this.open.get(id) ?? this.ended.get(id);
  }

  entry(id: string): Entry | undefined {
    const reversed = this.entries.get(id);
    if (reversed) return reversed;
    const event = this.commands.get(id);
    return event && isEntry(event) ? { id, postings: event.postings, reversed: 0n, reversedBy: [], position: event.position } : undefined;
  }

  /** The earliest expiry of an open hold, ms since the epoch, or null. */
  get nextExpiry(): number | null {
    return this.expiries.next;
  }

  /** The open hold that has been due longest at a moment, on any account or on these; null where none is. */
  firstDue(moment: number, accounts?: readonly string[]): string | null {
    return this.expiries.firstDue(moment, accounts);
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

  private put({ ledger, accounts, hold, entry, opening, command }: Changes): void {
    this.ledger = ledger;
    for (const account of accounts) this.accounts.set(account.id, account);
    if (hold) this.putHold(hold);
    if (entry) this.entries.set(entry.id, entry);
    if (opening) this.openings.set(opening.account.id, opening);
    if (command) this.commands.set(command.command.id, command);
  }

  private putHold(hold: Hold): void {
    if (hold.status === 'placed') {
      if (!this.open.has(hold.id)) this.expiries.add(hold);
      this.open.set(hold.id, hold);
      return;
    }
    this.ended.set(hold.id, hold);
    if (this.open.delete(hold.id)) this.expiries.remove(hold);
  }
}
