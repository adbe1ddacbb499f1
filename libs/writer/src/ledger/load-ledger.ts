import { decodeEvent, journalStream, seamsOf } from '@mizan/contracts';
import { Book, type LedgerEvent } from '@mizan/ledger';
import type { Lease } from '../ownership/leases.js';
import type { SharedPorts } from '../stream-writer.js';
import { type IndexEntry, indexEntry } from './ids/command-ids.js';
import { IdFollower } from './ids/id-follower.js';
import { type LedgerPorts, LedgerRules } from './ledger-rules.js';
import { LedgerWriter } from './ledger-writer.js';

/**
 * Rebuilds a ledger's book from the first event of its journal, brings the index of ids up to its end,
 * and gives the writer that goes on from there. Memory stays bounded: only accounts and open holds are kept.
 */
export async function loadLedger(
  ports: SharedPorts & LedgerPorts,
  lease: Lease,
  tenant: string,
  signal: AbortSignal,
): Promise<LedgerWriter> {
  const book = new Book((asset) => ports.assets.exponent(tenant, asset));
  let { through } = await ports.ids.followed(lease.uid);
  for await (const page of ports.reader.pages(lease.uid, 0)) {
    const entries: IndexEntry[] = [];
    for (const event of await decodePage(ports, lease.uid, page)) {
      book.apply(event);
      const entry = event.position > through ? indexEntry(event) : null;
      if (entry) entries.push(entry);
    }
    const last = page.at(-1)!.version;
    if (last > through) {
      await ports.ids.add(lease.uid, entries, last, { nextExpiry: book.nextExpiry, closedThrough: book.ledger.closedThrough });
      through = last;
    }
    for (const memory of [book.commands, book.openings, book.ended, book.entries]) memory.clear();
    signal.throwIfAborted();
  }
  if (through > book.ledger.position)
    throw new Error(
      `The index of ids knows position ${through}, the journal of ${lease.uid} ends at ${book.ledger.position}: one of them is of another time.`,
    );
  const onFault = (error: unknown): void =>
    ports.log('warn', 'The index of ids could not be written; it is tried again.', { ledger: lease.uid, error: String(error) });
  const follower = new IdFollower(ports.ids, lease.uid, through, signal, onFault);
  return new LedgerWriter(ports, lease.uid, new LedgerRules(ports, lease.uid, tenant, lease.epoch, book, follower));
}

/** Only accounts need their words to go on: their metadata. */
async function decodePage(ports: LedgerPorts, ledger: string, page: readonly { readonly text: string }[]): Promise<LedgerEvent[]> {
  const events = page.map(({ text }) => decodeEvent(text));
  const worded = page.map(({ text }, i) => ('account' in events[i]! ? seamsOf(text).texts : null));
  const stream = journalStream(ledger);
  const kept = await ports.texts.find(worded.flatMap((commitment) => (commitment ? [{ stream, commitment }] : [])));
  return page.map(({ text }, i) => (worded[i] ? decodeEvent(text, kept.get(worded[i]) ?? null) : events[i]!));
}
