import { type EncodedEvent, journalStream } from '@mizan/contracts';
import { AppendRefused } from '@mizan/event-store';
import { appendDurably } from './append-durably.js';
import { WriterFault, notWritten, unknownOutcome } from './fault.js';
import type { WriterPorts } from './ledger-writer.js';

/** A journal as its writer has it: it ends where the book does, or somebody else has written and the book is worth nothing. */
export class OwnJournal {
  constructor(
    private readonly ports: Pick<WriterPorts, 'store' | 'texts' | 'log'>,
    private readonly ledger: string,
  ) {}

  /**
   * Makes events durable after a position: words first, so that no event is ever without them.
   * @returns why they are not there, or not for certain; then the book is astray. Null: they are.
   */
  async append(position: number, events: readonly EncodedEvent[], signal: AbortSignal): Promise<WriterFault | null> {
    const { store, texts, log } = this.ports;
    const { ledger } = this;
    const kept = events.flatMap((event) => event.kept ?? []);
    const stored = events.map(({ text }) => text);
    const onUnknown = (error: unknown): void =>
      log('warn', 'The outcome of an append is unknown; the stream will settle it.', { ledger, expected: position, error: String(error) });
    let wordsKept = false;
    try {
      if (kept.length > 0) await texts.keep(journalStream(ledger), kept);
      wordsKept = true;
      const outcome = await appendDurably(store, journalStream(ledger), position, stored, signal, onUnknown);
      return outcome === 'ours' ? null : this.overtaken(position);
    } catch (error) {
      const neverBegun = !wordsKept || error instanceof AppendRefused;
      return neverBegun ? notWritten('The ledger cannot be written at the moment.', error) : unknownOutcome(error);
    }
  }

  /**
   * Whether the journal still ends at this position: an append finds out by itself; what is answered without one must not be
   * older than what another writer has written, and a book left behind would not know of its holds.
   * @returns why not. Null: it does. @throws when the store does not answer.
   */
  async overtakenSince(position: number): Promise<WriterFault | null> {
    return (await this.ports.store.version(journalStream(this.ledger))) === position ? null : this.overtaken(position);
  }

  private overtaken(position: number): WriterFault {
    const { ledger } = this;
    this.ports.log('warn', 'Another writer has appended to this journal; dropping the state and loading it anew.', { ledger, position });
    return notWritten('Another writer has taken this ledger over.');
  }
}
