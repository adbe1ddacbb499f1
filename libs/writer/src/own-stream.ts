import { AppendRefused } from '@mizan/event-store';
import { appendDurably } from './append-durably.js';
import { WriterFault, notWritten, unknownOutcome } from './fault.js';
import type { Portion } from './stream-rules.js';
import type { WriterPorts, WrittenStream } from './stream-writer.js';

/** A stream as its writer has it: it ends where the state does, or somebody else has written and the state is worth nothing. */
export class OwnStream {
  constructor(
    private readonly ports: Pick<WriterPorts, 'store' | 'log'>,
    private readonly of: WrittenStream,
  ) {}

  /**
   * Makes a portion durable after a position.
   * @param before what must be durable first.
   * @returns why it is not there, or not for certain; then the state is astray. Null: it is.
   */
  async append(position: number, { events }: Portion, before: () => Promise<void>, signal: AbortSignal): Promise<WriterFault | null> {
    const { store, log } = this.ports;
    const { stream, called, uid } = this.of;
    const stored = events.map(({ text }) => text);
    const onUnknown = (error: unknown): void =>
      log('warn', 'The outcome of an append is unknown; the stream will settle it.', {
        [called]: uid,
        expected: position,
        error: String(error),
      });
    let begun = false;
    try {
      await before();
      begun = true;
      const outcome = await appendDurably(store, stream, position, stored, signal, onUnknown);
      return outcome === 'ours' ? null : this.overtaken(position);
    } catch (error) {
      const neverBegun = !begun || error instanceof AppendRefused;
      return neverBegun ? notWritten(`The ${called} cannot be written at the moment.`, error) : unknownOutcome(error);
    }
  }

  /**
   * Whether the stream still ends at this position: an append finds out by itself; what is answered without one must not be
   * older than what another writer has written, and a state left behind would not know of it.
   * @returns why not. Null: it does. @throws when the store does not answer.
   */
  async overtakenSince(position: number): Promise<WriterFault | null> {
    return (await this.ports.store.version(this.of.stream)) === position ? null : this.overtaken(position);
  }

  private overtaken(position: number): WriterFault {
    const { called, uid } = this.of;
    this.ports.log('warn', 'Another writer has appended to this stream; dropping the state and loading it anew.', {
      [called]: uid,
      position,
    });
    return notWritten(`Another writer has taken this ${called} over.`);
  }
}
