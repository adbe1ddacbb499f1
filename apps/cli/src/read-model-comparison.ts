import { type MizanClient, MizanProblem } from '@mizan/client';
import { type AccountBody, type BalancesBody, type EntryBody, type HoldBody, type TrialBalanceBody, holdBody } from '@mizan/contracts';
import { type Account, type Hold, normalSide } from '@mizan/ledger';
import { Check } from './check.js';
import type { JournalReplay } from './journal-replay.js';

type ReadModels = Pick<MizanClient, 'accounts' | 'balance' | 'trialBalance' | 'holds' | 'entries' | 'ledger'>;

/** Questions on their way at a time. */
const AT_ONCE = 8;

/**
 * Compares what the read models say with a book that was rebuilt from the journal. They may be further than the book:
 * each answer says its position, and the journal is read on to exactly there before the two are held side by side.
 */
export class ReadModelComparison {
  readonly accounts = new Check('accounts: kind, limits, state and four totals');
  readonly balances = new Check('balances: the four totals as they were known');
  readonly trialBalance = new Check('lines of the trial balance');
  readonly zero = new Check('assets whose debits and credits are equal');
  readonly holds = new Check('holds: amounts, state and expiry');
  readonly entries = new Check('entries: postings and reversals');

  #made: ReadonlySet<Check> = new Set();

  constructor(
    private readonly replay: JournalReplay,
    private readonly client: ReadModels,
    private readonly ledger: string,
    private readonly signal: AbortSignal | undefined,
  ) {}

  get checks(): readonly Check[] {
    return [this.accounts, this.balances, this.trialBalance, this.zero, this.holds, this.entries].filter((check) => this.#made.has(check));
  }

  async compare(): Promise<void> {
    this.#made = new Set([this.accounts, this.trialBalance, this.zero, this.holds, this.entries]);
    await this.#compareAccounts();
    await this.#compareTrialBalance();
    await this.#compareHolds();
    await this.#compareEntries();
  }

  /** What the read models say of the moment at which the book stands. Accounts' limits, and lists, they know of today alone. */
  async comparePast(): Promise<void> {
    this.#made = new Set([this.balances, this.trialBalance, this.zero]);
    const recordedAt = new Date(this.replay.recordedAt).toISOString();
    const accounts = [...this.replay.book.accounts.values()];
    for (let done = 0; done < accounts.length; done += AT_ONCE)
      await Promise.all(accounts.slice(done, done + AT_ONCE).map((account) => this.#compareBalance(account, recordedAt)));
    await this.#compareTrialBalance(recordedAt);
  }

  async #compareBalance(account: Account, recordedAt: string): Promise<void> {
    const { position } = this.replay;
    const asked = { recordedAt, minPosition: position, signal: this.signal };
    const said = await this.client.balance(this.ledger, account.id, asked).catch((error: unknown) => {
      if (error instanceof MizanProblem && error.code === 'account_not_found') return null;
      throw error;
    });
    this.balances.count += 1;
    const expected = { position, asset: account.asset, exponent: account.exponent, ...totalsOf(account) };
    const difference = said
      ? firstDifference({ position: said.position, asset: said.asset, exponent: said.exponent, ...saidTotals(said) }, expected)
      : 'is not known in the read model';
    if (difference) this.balances.differs(`${account.id} ${difference}`);
  }

  async #compareAccounts(): Promise<void> {
    const from = this.replay.position;
    const seen = new Set<string>();
    for await (const body of this.client.accounts(this.ledger, { minPosition: from, signal: this.signal })) {
      if (!(await this.#reaches(body.balances.position, this.accounts))) return;
      this.accounts.count += 1;
      seen.add(body.id);
      const account = this.replay.book.account(body.id);
      const difference = account ? firstDifference(said(body), rebuilt(account)) : 'is in the read model alone';
      if (difference) this.accounts.differs(`${body.id} ${difference}`);
    }
    for (const { id, openedPosition } of this.replay.book.accounts.values())
      if (openedPosition <= from && !seen.has(id)) this.accounts.differs(`${id} is missing in the read model`);
  }

  /** A list does not say its position. Each hold names the last event that changed it: with that event the book has come to the list. */
  async #compareHolds(): Promise<void> {
    const from = this.replay.position;
    const seen = new Set<string>();
    for await (const body of this.client.holds(this.ledger, { order: 'oldest', minPosition: from, signal: this.signal })) {
      if (body.position > this.replay.position && !(await this.#reaches(body.position, this.holds))) return;
      this.holds.count += 1;
      seen.add(body.id);
      const hold = this.replay.book.hold(body.id);
      const difference = hold ? firstDifference(saidOf(body), rebuiltHold(this.ledger, hold)) : 'is in the read model alone';
      if (difference) this.holds.differs(`hold ${body.id} ${difference}`);
    }
    const { open, ended } = this.replay.book;
    for (const { id, placedPosition } of [...open.values(), ...ended.values()])
      if (placedPosition <= from && !seen.has(id)) this.holds.differs(`hold ${id} is missing in the read model`);
  }

  async #compareEntries(): Promise<void> {
    const from = this.replay.position;
    const posted = this.replay.entries.count;
    const least = new Map([...this.replay.book.entries].map(([id, { reversedBy }]) => [id, reversedBy.length]));
    let known = 0;
    for await (const body of this.client.entries(this.ledger, { order: 'oldest', minPosition: from, signal: this.signal })) {
      if (body.position > this.replay.position && !(await this.#reaches(body.position, this.entries))) return;
      this.entries.count += 1;
      if (body.position <= from) known += 1;
      const difference = await this.#entryDifference(body, least.get(body.id) ?? 0);
      if (difference) this.entries.differs(`entry ${body.id} ${difference}`);
    }
    if (known !== posted) this.entries.differs(`${posted} entries were posted up to position ${from}, and the read model has ${known}`);
  }

  /** The read model may know of reversals that the book has not come to, and of none fewer than stood when the comparison began. */
  async #entryDifference({ id, postings, reverses, reversedBy }: EntryBody, least: number): Promise<string | null> {
    const { book } = this.replay;
    const entry = book.entry(id);
    if (!entry) return 'is in the read model alone';
    const legs = entry.postings.map(({ account, side, amount }) => `${account} ${side} ${amount}`).join(', ');
    const shown = postings.map(({ account, side, amount }) => `${account} ${side} ${amount}`).join(', ');
    if (shown !== legs) return `has the postings ${shown} in the read model and ${legs} by the journal`;
    if (reverses !== null && !book.entry(reverses)) return `reverses ${reverses} in the read model, which was never posted`;
    if (reversedBy.length > entry.reversedBy.length) await this.replay.advanceTo((await this.client.ledger(this.ledger)).position);
    const reversals = (book.entry(id)?.reversedBy ?? []).slice(0, Math.max(least, reversedBy.length)).join(', ');
    return reversals === reversedBy.join(', ')
      ? null
      : `is reversed by ${reversedBy.join(', ') || 'nothing'} in the read model and by ${reversals || 'nothing'} by the journal`;
  }

  async #compareTrialBalance(recordedAt?: string): Promise<void> {
    const body = await this.client.trialBalance(this.ledger, { recordedAt, minPosition: this.replay.position, signal: this.signal });
    if (recordedAt !== undefined && body.position !== this.replay.position)
      return this.trialBalance.differs(
        `at ${recordedAt} the read model stands at ${body.position}, and the journal at ${this.replay.position}`,
      );
    if (!(await this.#reaches(body.position, this.trialBalance))) return;
    const lines = new Map(body.accounts.map((line) => [line.account, line]));
    const sums = new Map<string, { debits: bigint; credits: bigint }>();
    for (const account of this.replay.book.accounts.values()) {
      const { id, type, asset, debitsPosted, creditsPosted } = account;
      const sum = sums.get(asset) ?? { debits: 0n, credits: 0n };
      sums.set(asset, { debits: sum.debits + debitsPosted, credits: sum.credits + creditsPosted });
      const line = lines.get(id);
      lines.delete(id);
      this.trialBalance.count += 1;
      const found = line && { type: line.type, asset: line.asset, debits: line.debits, credits: line.credits };
      const difference = found
        ? firstDifference(found, { type, asset, debits: String(debitsPosted), credits: String(creditsPosted) })
        : 'is missing in the trial balance';
      if (difference) this.trialBalance.differs(`${id} ${difference}`);
    }
    for (const id of lines.keys()) this.trialBalance.differs(`${id} is in the trial balance alone`);
    this.#compareTotals(body.totals, sums);
  }

  #compareTotals(totals: TrialBalanceBody['totals'], sums: ReadonlyMap<string, { debits: bigint; credits: bigint }>): void {
    for (const [asset, { debits, credits }] of sums) {
      this.zero.count += 1;
      if (debits !== credits) this.zero.differs(`${asset}: the accounts' debits less credits are ${debits - credits}`);
      const total = totals.find((one) => one.asset === asset);
      if (total?.debits !== String(debits) || total.credits !== String(credits))
        this.zero.differs(`${asset}: the totals are said to be ${total?.debits} and ${total?.credits}, and are ${debits} and ${credits}`);
    }
    for (const { asset } of totals) if (!sums.has(asset)) this.zero.differs(`${asset}: no account holds it`);
  }

  /** Brings the book to the position of an answer. */
  async #reaches(position: number, check: Check): Promise<boolean> {
    if (position < this.replay.position) check.differs(`the read model stands at ${position}, before ${this.replay.position}`);
    else if (!(await this.replay.advanceTo(position))) check.differs(`the read model stands at ${position}, past the journal's end`);
    else if (!this.replay.isWhole) check.differs(`the read model stands at ${position}, where the journal cannot be taken into the book`);
    else return true;
    return false;
  }
}

type Facts = Readonly<Record<string, string | number | boolean | null>>;

const said = ({ balances: { debits, credits }, ...body }: AccountBody): Facts => ({
  type: body.type,
  asset: body.asset,
  exponent: body.exponent,
  normalSide: body.normalSide,
  minBalance: body.minBalance,
  maxBalance: body.maxBalance,
  frozen: body.frozen,
  closed: body.closed,
  ...saidTotals({ balances: { debits, credits } }),
});

const saidTotals = ({ balances: { debits, credits } }: { readonly balances: Pick<BalancesBody, 'debits' | 'credits'> }): Facts => ({
  debitsPosted: debits.posted,
  debitsHeld: debits.held,
  creditsPosted: credits.posted,
  creditsHeld: credits.held,
});

const rebuilt = (account: Account): Facts => ({
  type: account.type,
  asset: account.asset,
  exponent: account.exponent,
  normalSide: normalSide(account.type),
  minBalance: account.minBalance === null ? null : String(account.minBalance),
  maxBalance: account.maxBalance === null ? null : String(account.maxBalance),
  frozen: account.frozen,
  closed: account.closed,
  ...totalsOf(account),
});

const totalsOf = (account: Account): Facts => ({
  debitsPosted: String(account.debitsPosted),
  debitsHeld: String(account.debitsHeld),
  creditsPosted: String(account.creditsPosted),
  creditsHeld: String(account.creditsHeld),
});

/** All but the words, of which the journal has a commitment alone. */
const saidOf = ({ reference: _1, metadata: _2, ...facts }: HoldBody): Facts => facts;
const rebuiltHold = (ledger: string, hold: Hold): Facts => saidOf(holdBody(ledger, hold, null));

function firstDifference(said: Facts, rebuilt: Facts): string | null {
  for (const [name, value] of Object.entries(rebuilt))
    if (said[name] !== value) return `has ${name} ${said[name]} in the read model and ${value} by the journal`;
  return null;
}
