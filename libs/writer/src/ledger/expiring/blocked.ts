import type { PutOff } from '../../stream-rules.js';
import type { Submission } from '../../submission.js';
import type { Ask, Reply } from '../ask.js';
import type { LedgerFlush } from '../flush.js';

type Asked = Submission<Ask, Reply>;

/**
 * Submissions whose next command touches accounts on which more holds are due than one flush may expire for it.
 * They wait, and commands of others pass them by; what one submission asks stays in order.
 */
export class Blocked implements PutOff<Ask, Reply> {
  private readonly waits = new Map<Asked, readonly string[]>();
  /** Accounts on which more is due than this flush will expire. */
  private readonly behind = new Set<string>();

  has(submission: Asked): boolean {
    return this.waits.has(submission);
  }

  forget(submission: Asked): void {
    this.waits.delete(submission);
  }

  clear(): void {
    this.waits.clear();
    this.behind.clear();
  }

  /** Expires what is due on the accounts of a submission's next command. False: it is blocked. */
  letPass(submission: Asked, accounts: readonly string[], flush: LedgerFlush): boolean {
    // Where others wait already, one more would only use up the flush's share.
    if (!(this.isBehind(accounts) && flush.isDue(accounts)) && flush.clear(accounts)) return true;
    this.block(submission, accounts);
    return false;
  }

  /** Gives those who wait their share of a flush, in turn. Who needs no more goes on with the next flush. */
  serve(flush: LedgerFlush): void {
    this.behind.clear();
    for (const [submission, accounts] of [...this.waits]) {
      if (submission.refused) this.forget(submission);
      else if (this.isBehind(accounts)) {
        if (!flush.isDue(accounts)) this.forget(submission);
      } else if (flush.sliceIsUsedUp) this.markBehind(accounts);
      else {
        this.forget(submission);
        if (!flush.clear(accounts)) this.block(submission, accounts);
      }
    }
  }

  /** What is left of a flush's slice belongs to those who wait, the first in the row first. */
  serveWithTheRest(flush: LedgerFlush): void {
    for (const [submission, accounts] of [...this.waits]) {
      if (flush.sliceIsUsedUp) return;
      if (flush.clearWithTheRest(accounts)) this.forget(submission);
    }
  }

  private isBehind(accounts: readonly string[]): boolean {
    return accounts.some((account) => this.behind.has(account));
  }

  /** At the end of the row: others have their turn first. */
  private block(submission: Asked, accounts: readonly string[]): void {
    this.waits.set(submission, accounts);
    this.markBehind(accounts);
  }

  private markBehind(accounts: readonly string[]): void {
    for (const account of accounts) this.behind.add(account);
  }
}
