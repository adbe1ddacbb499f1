import { type Book, type LedgerEvent, factsNeeded } from '@mizan/ledger';
import type { Ask } from './ask.js';
import type { Assets } from './assets.js';
import type { CommandIds } from './command-ids.js';
import type { IdFollower } from './id-follower.js';
import type { JournalReader } from './journal-reader.js';

/**
 * What one ledger's book remembers of spent commands: accounts it keeps whole, commands and openings only the
 * latest. The index and the journal bring the others back before a decision needs them.
 */
export class Remembered {
  constructor(
    private readonly ports: { readonly ids: CommandIds; readonly reader: JournalReader; readonly assets: Assets },
    private readonly uid: string,
    private readonly tenant: string,
    private readonly book: Book,
    private readonly follower: IdFollower,
  ) {}

  /** Brings into memory what these decisions need and memory no longer has. */
  async recall(asks: readonly Ask[]): Promise<void> {
    const ids = new Set<string>();
    const openings = new Set<string>();
    const assets = new Set<string>();
    for (const ask of asks) {
      if (ask.kind === 'lookup') ids.add(ask.id);
      if (ask.kind !== 'command' && ask.kind !== 'group') continue;
      const asked = ask.kind === 'group' ? ask.group : ask.command;
      // Accounts are always in the book; what else the decision needs may have been forgotten.
      const needed = factsNeeded(asked);
      for (const id of needed.commands) ids.add(id);
      for (const id of needed.openings) openings.add(id);
      for (const command of asked.op === 'group' ? asked.operations : [asked]) if (command.op === 'open') assets.add(command.asset);
    }
    const positions = [...(await this.positionsOf(ids)), ...this.openingsOf(openings)];
    if (positions.length > 0) for (const event of await this.ports.reader.at(this.uid, positions)) this.put(event);
    if (assets.size > 0) await this.ports.assets.know(this.tenant, [...assets]);
  }

  /** Forgets the oldest that the index can bring back. */
  trim(keep: number): void {
    for (const memory of [this.book.commands, this.book.openings])
      for (const [id, { position }] of memory) {
        if (memory.size <= keep || position > this.follower.through) break;
        memory.delete(id);
      }
  }

  private async positionsOf(ids: ReadonlySet<string>): Promise<Iterable<number>> {
    const forgotten = [...ids].filter((id) => !this.book.command(id));
    if (forgotten.length === 0 || this.follower.through === 0) return [];
    return (await this.ports.ids.positions(this.uid, forgotten)).values();
  }

  private openingsOf(accounts: ReadonlySet<string>): number[] {
    return [...accounts].flatMap((id) => {
      const account = this.book.account(id);
      return account && !this.book.opening(id) ? [account.openedPosition] : [];
    });
  }

  private put(event: LedgerEvent): void {
    if (event.type === 'AccountOpened') this.book.openings.set(event.account.id, event);
    else if (event.type !== 'LedgerOpened') this.book.commands.set(event.command.id, event);
  }
}
