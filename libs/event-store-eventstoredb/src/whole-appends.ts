import type { FeedAppend } from '@mizan/event-store';
import type { RecordedEvent } from './client.js';
import { tokenOf } from './position-token.js';
import { type StoredText, toStoredText } from './stored-text.js';

/** An append of the feed, and its bytes of UTF-8. */
export interface WholeAppend extends FeedAppend {
  readonly bytes: number;
}

/** Puts the server's events together again to the appends they were written in. Those of one append follow each other in the server's log. */
export class WholeAppends {
  private begun: { last: StoredText; texts: string[]; bytes: number } | null = null;

  /** Whether an append has begun that is not whole yet. */
  get open(): boolean {
    return this.begun !== null;
  }

  /**
   * @returns the append that this event completes.
   * @throws where an event is missing, comes twice or out of turn.
   */
  take(event: RecordedEvent): WholeAppend | null {
    const stored = toStoredText(event);
    const { stream, version, text, bytes, append } = stored;
    if (this.begun === null ? version !== append.first : !follows(stored, this.begun.last))
      throw new Error(
        `Event ${version} of the stream ${stream} does not belong here: it is of an append that begins with ${append.first} and has ${append.count}` +
          (this.begun ? `, and what came before it is event ${this.begun.last.version} of ${this.begun.last.stream}.` : '.'),
      );
    this.begun ??= { last: stored, texts: [], bytes: 0 };
    this.begun.last = stored;
    this.begun.texts.push(text);
    this.begun.bytes += bytes;
    if (this.begun.texts.length < append.count) return null;
    const whole = { token: tokenOf(event), stream, first: append.first, events: this.begun.texts, bytes: this.begun.bytes };
    this.begun = null;
    return whole;
  }
}

const follows = (next: StoredText, last: StoredText): boolean =>
  next.stream === last.stream &&
  next.version === last.version + 1 &&
  next.append.first === last.append.first &&
  next.append.count === last.append.count;
