import { decodeEnvelope, decodeEvent, type JournalItemBody } from '@mizan/contracts';
import { type Account, type AccountOpened, type EntryEvent, dayOf, isEntry } from '@mizan/ledger';
import { Failure } from '../failure.js';
import { accountName } from './account-name.js';
import { commodityOf } from './commodity.js';

/** An account as an export names it, with the sums of what was exported of it. */
export interface ExportedAccount extends Pick<Account, 'id' | 'type' | 'asset' | 'exponent' | 'openedAt'> {
  readonly name: string;
  readonly commodity: string;
  /** Minor units, of the exported entries alone. */
  debits: bigint;
  credits: bigint;
  /** The first day that moves it, or null. */
  firstDay: string | null;
}

/** A journal entry as it was posted, and the id of its event. */
export interface ExportedEntry {
  readonly event: EntryEvent;
  readonly eventId: string;
  /** The day (UTC) on which it counts. */
  readonly day: string;
}

/**
 * What an export knows of a journal that passes through it: its accounts and what has moved them. Memory grows with
 * the accounts, not with the entries.
 */
export class ExportedBook {
  readonly accounts = new Map<string, ExportedAccount>();
  entries = 0;
  /** Entries whose texts have been erased. */
  erased = 0;
  position = 0;
  /** The earliest and the latest day of the exported entries. */
  firstDay: string | null = null;
  lastDay: string | null = null;
  /** The sum of all exported debits of each asset, minor units: no sum over its accounts is larger. */
  readonly turnover = new Map<string, bigint>();
  #lastEvent: ReturnType<typeof decodeEvent> | null = null;
  readonly #whole = new Map<string, { debits: bigint; credits: bigint }>();

  /** @param before entries that count at this moment (ms since the epoch) or later are left out. */
  constructor(private readonly before: number = Infinity) {}

  /**
   * Takes the next event of the journal.
   * @returns the entry, where it is one and belongs to the export.
   * @throws Failure where the journal has a gap, or the balances recorded in it are not those of its postings.
   */
  take(item: JournalItemBody): ExportedEntry | null {
    if (item.position !== this.position + 1)
      throw new Failure(`The journal has a gap: position ${item.position} follows ${this.position}.`);
    this.position = item.position;
    const event = decodeEvent(item.event, item.texts);
    this.#lastEvent = event;
    if (event.type === 'AccountOpened') this.#open(event);
    if (!isEntry(event)) return null;
    this.#compareWithRecorded(event);
    if (event.effectiveAt >= this.before) return null;
    const entry = { event, eventId: decodeEnvelope(item.event).id, day: dayOf(event.effectiveAt) };
    this.#post(entry);
    return entry;
  }

  /** @throws Failure where the last event is in the middle of what was posted together. */
  end(): void {
    const group = this.#lastEvent?.group;
    if (group && group.last > this.position)
      throw new Failure(
        `Position ${this.position} lies within positions ${group.first} to ${group.last}, which were posted together: ` +
          `export through ${group.first - 1} or ${group.last}.`,
      );
  }

  account(id: string): ExportedAccount {
    const account = this.accounts.get(id);
    if (!account) throw new Failure(`The journal moves ${id} at position ${this.position} and has not opened it.`);
    return account;
  }

  /** In the order of their ids. */
  get sortedAccounts(): readonly ExportedAccount[] {
    return [...this.accounts.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Decimal places of each asset that an account has, in the order of their codes. */
  get assets(): readonly (readonly [asset: string, exponent: number])[] {
    return [...new Map([...this.accounts.values()].map(({ asset, exponent }) => [asset, exponent]))].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** The day at whose end the book stands as exported: that of its last entry, or of the last event where there is none. */
  get closingDay(): string {
    return this.lastDay ?? dayOf(this.#lastEvent?.recordedAt ?? 0);
  }

  #open({ account: { id, type, asset, exponent, openedAt } }: AccountOpened): void {
    const names = { name: accountName(type, id), commodity: commodityOf(asset) };
    this.accounts.set(id, { id, type, asset, exponent, openedAt, ...names, debits: 0n, credits: 0n, firstDay: null });
    this.#whole.set(id, { debits: 0n, credits: 0n });
  }

  /** Every posting carries its account's totals after the entry. They must be the sums of the postings so far. */
  #compareWithRecorded({ postings, position }: EntryEvent): void {
    for (const { account, side, amount } of postings) {
      this.account(account);
      const sums = this.#whole.get(account)!;
      if (side === 'debit') sums.debits += amount;
      else sums.credits += amount;
    }
    for (const { account, balances } of postings) {
      const { debits, credits } = this.#whole.get(account)!;
      if (debits !== balances.debitsPosted || credits !== balances.creditsPosted)
        throw new Failure(
          `The journal says at position ${position} that ${account} has debits ${balances.debitsPosted} and credits ` +
            `${balances.creditsPosted}; its postings add up to ${debits} and ${credits}. See what is wrong with: mizan replay`,
        );
    }
  }

  #post({ event, day }: ExportedEntry): void {
    this.entries += 1;
    if (event.texts === null) this.erased += 1;
    if (this.firstDay === null || day < this.firstDay) this.firstDay = day;
    if (this.lastDay === null || day > this.lastDay) this.lastDay = day;
    for (const { account: id, side, amount, asset } of event.postings) {
      const account = this.account(id);
      if (side === 'debit') account.debits += amount;
      else account.credits += amount;
      if (account.firstDay === null || day < account.firstDay) account.firstDay = day;
      if (side === 'debit') this.turnover.set(asset, (this.turnover.get(asset) ?? 0n) + amount);
    }
  }
}
