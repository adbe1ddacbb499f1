import { type EntryBody, type JournalItemBody, decodeEvent, entryBody } from '@mizan/contracts';
import { isEntry } from '@mizan/ledger';
import { type EntryRow, entryColumns, rowsOf } from '../entry-rows.js';
import { WrongUsage } from '../failure.js';
import { wholeNumber } from '../number-flag.js';
import { type SearchOptions, first, searchOf } from '../search-flags.js';
import type { Session } from '../session.js';

export interface ListOptions extends SearchOptions {
  readonly after?: string;
  readonly side?: 'debit' | 'credit';
}

/** Found by the read models, which are waited for; from a position on, as the journal has them. */
export async function listEntries(session: Session, options: ListOptions): Promise<void> {
  const { after, account, side, limit: _, ...others } = options;
  const { filter, limit } = searchOf(options);
  if (side !== undefined && account === undefined) throw new WrongUsage('--side is that of an --account.');
  const [other] = Object.keys({ ...(side && { side }), ...others });
  if (after !== undefined && other) throw new WrongUsage(`--after reads the journal on from there, and takes no --${other}.`);
  const from = after === undefined ? null : wholeNumber('--after', after, 0);
  const ledger = await session.ledger();
  const { client, world } = session;
  if (from !== null) {
    const items = client.journal(ledger, { after: from, limit: Math.max(filter.limit, 50), signal: world.signal });
    return print(session, ledger, first(limit, entriesOf(ledger, items, account)));
  }
  const { position } = await client.ledger(ledger);
  await print(session, ledger, first(limit, client.entries(ledger, { ...filter, side, minPosition: position, signal: world.signal })));
}

export async function tailEntries(session: Session, options: { after?: string; account?: string }): Promise<void> {
  const ledger = await session.ledger();
  const after = options.after === undefined ? (await session.client.ledger(ledger)).position : wholeNumber('--after', options.after, 0);
  await print(session, ledger, entriesOf(ledger, grown(session, ledger, after), options.account));
}

/** The journal as it grows. The stream of events has no texts: it wakes us, and what is new is read from the journal. */
async function* grown({ client, world }: Session, ledger: string, after: number): AsyncGenerator<JournalItemBody> {
  let last = after;
  for await (const { position } of client.events(ledger, after, world.signal)) {
    if (position <= last) continue;
    for await (const item of client.journal(ledger, { after: last, signal: world.signal })) {
      last = item.position;
      yield item;
    }
  }
}

async function* entriesOf(ledger: string, items: AsyncIterable<JournalItemBody>, account: string | undefined): AsyncGenerator<EntryBody> {
  for await (const { event, texts } of items) {
    const decoded = decodeEvent(event, texts);
    if (!isEntry(decoded)) continue;
    if (account !== undefined && !decoded.postings.some((posting) => posting.account === account)) continue;
    yield entryBody(ledger, decoded);
  }
}

async function print(session: Session, ledger: string, entries: AsyncIterable<EntryBody>): Promise<void> {
  if (session.output.isJson) return session.output.rows([], entries);
  async function* rows(): AsyncGenerator<EntryRow> {
    for await (const entry of entries) yield* await rowsIn(session, ledger, entry);
  }
  await session.output.rows(entryColumns, rows());
}

async function rowsIn(session: Session, ledger: string, entry: EntryBody): Promise<EntryRow[]> {
  const exponents = new Map<string, number>();
  for (const { asset, account } of entry.postings)
    if (!exponents.has(asset)) exponents.set(asset, await session.exponentOf(ledger, asset, account));
  return rowsOf(entry, (asset) => exponents.get(asset)!);
}
