import { type EntryBody, type JournalItemBody, decodeEvent, entryBody } from '@mizan/contracts';
import { isEntry } from '@mizan/ledger';
import { type EntryRow, entryColumns, rowsOf } from '../entry-rows.js';
import { wholeNumber } from '../number-flag.js';
import type { Session } from '../session.js';

export async function listEntries(session: Session, options: { after?: string; limit: string; account?: string }): Promise<void> {
  const limit = wholeNumber('--limit', options.limit, 1);
  const ledger = await session.ledger();
  const after =
    options.after === undefined ? await newest(session, ledger, options.account, limit) : wholeNumber('--after', options.after, 0);
  const items = session.client.journal(ledger, { after, limit: Math.min(1000, Math.max(limit, 50)), signal: session.world.signal });
  await print(session, ledger, first(limit, entriesOf(ledger, items, options.account)));
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

/** Where the newest entries begin. Whose account is asked for must be looked for from the start. */
async function newest({ client }: Session, ledger: string, account: string | undefined, limit: number): Promise<number> {
  return account === undefined ? Math.max(0, (await client.ledger(ledger)).position - limit) : 0;
}

async function* entriesOf(ledger: string, items: AsyncIterable<JournalItemBody>, account: string | undefined): AsyncGenerator<EntryBody> {
  for await (const { event, texts } of items) {
    const decoded = decodeEvent(event, texts);
    if (!isEntry(decoded)) continue;
    if (account !== undefined && !decoded.postings.some((posting) => posting.account === account)) continue;
    yield entryBody(ledger, decoded);
  }
}

async function* first<T>(limit: number, items: AsyncIterable<T>): AsyncGenerator<T> {
  let count = 0;
  for await (const item of items) {
    yield item;
    if ((count += 1) === limit) return;
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
