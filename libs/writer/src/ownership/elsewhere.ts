import { WriterFault } from '../fault.js';
import type { StreamOf } from './unattended-streams.js';

/** Streams of which it is remembered who writes them. */
const MAX_REMEMBERED = 10_000;

/** Which instance writes a stream. */
export interface Writing {
  readonly url: string;
  /** Its lease lasts so long unless it is renewed, by the monotonic clock, ms. */
  readonly until: number;
}

/** Another instance writes this stream: what was asked is for it to answer. Nothing was done with it here. */
export class WrittenElsewhere extends WriterFault {
  /** @param called what the stream is called, in the message. */
  constructor(
    readonly of: StreamOf,
    readonly writing: Writing,
    called: string,
  ) {
    super('unavailable', `Another instance writes this ${called}. Nothing was written; send it again.`);
    this.name = 'WrittenElsewhere';
  }
}

/** Which streams others write, each for as long as its lease is known to last: nobody asks the database again before. */
export class StreamsElsewhere {
  private readonly known = new Map<string, Writing>();

  remember(uid: string, writing: Writing): void {
    if (this.known.size >= MAX_REMEMBERED) this.known.delete(this.known.keys().next().value!);
    this.known.set(uid, writing);
  }

  find(uid: string, now: number): Writing | null {
    const writing = this.known.get(uid);
    if (!writing) return null;
    if (writing.until > now) return writing;
    this.known.delete(uid);
    return null;
  }

  forget(uid: string): void {
    this.known.delete(uid);
  }
}
