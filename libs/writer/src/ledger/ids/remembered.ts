import { type Book, type CommandEvent, type LedgerEvent, factsNeeded, isEntry } from '@mizan/ledger';
import type { Ask } from '../ask.js';
import type { Assets } from '../assets.js';
import type { CommandIds, LaterEffects } from './command-ids.js';
import type { IdFollower } from './id-follower.js';
import type { JournalReader } from '../journal-reader.js';

/** What the asks of one flush need beside accounts and open holds, which are always in the book. */
class Needed {
  readonly commands = new Set<string>();
  readonly openings = new Set<string>();
  readonly holds = new Set<string>();
  readonly entries = new Set<string>();
  readonly assets = new Set<string>();

  constructor(asks: readonly Ask[]) {
    for (const ask of asks) this.add(ask);
  }

  private add(ask: Ask): void {
    if (ask.kind === 'open-ledger') return;
    if (ask.kind !== 'command' && ask.kind !== 'group') {
      this.commands.add(ask.id);
      if (ask.kind === 'hold') this.holds.add(ask.id);
      if (ask.kind === 'entry') this.entries.add(ask.id);
      return;
    }
    const asked = ask.kind === 'group' ? ask.group : ask.command;
    const { commands, openings, holds, entries } = factsNeeded(asked);
    for (const id of commands) this.commands.add(id);
    for (const id of openings) this.openings.add(id);
    for (const id of holds) this.holds.add(id);
    for (const id of entries) this.entries.add(id);
    for (const command of asked.op === 'group' ? asked.operations : [asked]) if (command.op === 'open') this.assets.add(command.asset);
  }
}

/**
 * What one ledger's book remembers: accounts and open holds it keeps whole, of all else only the latest. The index and
 * the journal bring the others back before a decision needs them.
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
    const { commands, openings, holds, entries, assets } = new Needed(asks);
    const forgotten = await this.forgotten(commands);
    await this.read([...forgotten, ...this.openingsOf(openings)], (event) => this.put(event));
    await this.recallEffects(holds, entries);
    if (assets.size > 0) await this.ports.assets.know(this.tenant, [...assets]);
  }

  /** Forgets the oldest that the index can bring back. */
  trim(keep: number): void {
    const { commands, openings, ended, entries } = this.book;
    for (const memory of [commands, openings, ended, entries] as Map<string, { readonly position: number }>[])
      for (const [id, { position }] of memory) {
        if (memory.size <= keep || position > this.follower.through) break;
        memory.delete(id);
      }
  }

  private async forgotten(ids: ReadonlySet<string>): Promise<Iterable<number>> {
    const missing = [...ids].filter((id) => !this.book.command(id));
    if (missing.length === 0 || this.follower.through === 0) return [];
    return (await this.ports.ids.positions(this.uid, missing)).values();
  }

  private openingsOf(accounts: ReadonlySet<string>): number[] {
    return [...accounts].flatMap((id) => {
      const account = this.book.account(id);
      return account && !this.book.opening(id) ? [account.openedPosition] : [];
    });
  }

  /**
   * How a hold ended, and what was reversed of an entry, stands in the last event that changed it. An entry that was
   * reversed and forgotten looks like one that never was, so the index is asked for each that is not known as reversed.
   * Only for ids that are what they are asked as: an entry's id asked for as a hold would bring back, over what memory
   * knows of the entry, what the index knows, which may be older.
   */
  private async recallEffects(holds: ReadonlySet<string>, entries: ReadonlySet<string>): Promise<void> {
    const { book } = this;
    const there = [
      ...[...holds].filter((id) => !book.hold(id) && book.command(id)?.type === 'HoldPlaced'),
      ...[...entries].filter((id) => !book.entries.has(id) && isPostedEntry(book.command(id))),
    ];
    if (there.length === 0 || this.follower.through === 0) return;
    const effects = await this.ports.ids.effects(this.uid, there);
    await this.read(
      [...effects.values()].map(({ last }) => last),
      (event) => this.putEffect(event, effects),
    );
  }

  private async read(positions: readonly number[], take: (event: LedgerEvent) => void): Promise<void> {
    if (positions.length > 0) for (const event of await this.ports.reader.at(this.uid, positions)) take(event);
  }

  private put(event: LedgerEvent): void {
    if (event.type === 'AccountOpened') this.book.openings.set(event.account.id, event);
    else if ('command' in event) this.book.commands.set(event.command.id, event);
  }

  private putEffect(event: LedgerEvent, effects: ReadonlyMap<string, LaterEffects>): void {
    if ('hold' in event) this.book.ended.set(event.hold.id, event.hold);
    if (event.type !== 'EntryPosted' || event.command.op !== 'reverse' || event.reversed === null) return;
    const id = event.command.entry;
    const posted = this.book.command(id);
    if (posted && isEntry(posted))
      this.book.entries.set(id, {
        id,
        postings: posted.postings,
        reversed: event.reversed,
        reversedBy: effects.get(id)?.by ?? [],
        position: event.position,
      });
  }
}

const isPostedEntry = (event: CommandEvent | undefined): boolean => event !== undefined && isEntry(event);
