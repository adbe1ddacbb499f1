import type { MizanClient } from '@mizan/client';
import type { AccountBody, TrialBalanceBody } from '@mizan/contracts';
import { type Account, normalSide } from '@mizan/ledger';
import { Check } from './check.js';
import type { JournalReplay } from './journal-replay.js';

type ReadModels = Pick<MizanClient, 'accounts' | 'trialBalance'>;

/**
 * Compares what the read models say with a book that was rebuilt from the journal. They may be further than the book:
 * each answer says its position, and the journal is read on to exactly there before the two are held side by side.
 */
export class ReadModelComparison {
  readonly accounts = new Check('accounts: kind, limits, state and four totals');
  readonly trialBalance = new Check('lines of the trial balance');
  readonly zero = new Check('assets whose debits and credits are equal');

  constructor(
    private readonly replay: JournalReplay,
    private readonly client: ReadModels,
    private readonly ledger: string,
    private readonly signal: AbortSignal | undefined,
  ) {}

  get checks(): readonly Check[] {
    return [this.accounts, this.trialBalance, this.zero];
  }

  async compare(): Promise<void> {
    await this.#compareAccounts();
    await this.#compareTrialBalance();
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

  async #compareTrialBalance(): Promise<void> {
    const body = await this.client.trialBalance(this.ledger, { minPosition: this.replay.position, signal: this.signal });
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
  debitsPosted: String(account.debitsPosted),
  debitsHeld: String(account.debitsHeld),
  creditsPosted: String(account.creditsPosted),
  creditsHeld: String(account.creditsHeld),
});

function firstDifference(said: Facts, rebuilt: Facts): string | null {
  for (const [name, value] of Object.entries(rebuilt))
    if (said[name] !== value) return `has ${name} ${said[name]} in the read model and ${value} by the journal`;
  return null;
}
