import assert from 'node:assert/strict';
import type { AppendLimits } from '@mizan/event-store';

/** A flush takes no further ask once its events have this many bytes; the last decision may pass it by its own size. */
const FULL_BYTES = 1024 * 1024;

interface Gathered {
  readonly events: { readonly text: string }[];
  bytes: number;
}

/** Gathers whole decisions into as few appends as the store's limits allow. A decision is never split. */
export class Portions<P extends Gathered> {
  readonly all: P[] = [];
  private bytes = 0;

  /** @param limits of one append. @param begin an empty portion. */
  constructor(
    private readonly limits: AppendLimits,
    private readonly begin: () => P,
  ) {}

  get full(): boolean {
    return this.bytes >= FULL_BYTES;
  }

  /** The events of one decision. @returns the portion they are in now. */
  add(events: readonly P['events'][number][], bytes = bytesOf(events)): P {
    const { limits } = this;
    assert(events.length <= limits.events && bytes <= limits.bytes, `One decision has ${events.length} events of ${bytes} bytes.`);
    const last = this.all.at(-1);
    const fits = last && last.events.length + events.length <= limits.events && last.bytes + bytes <= limits.bytes;
    const portion = fits ? last : this.begin();
    if (!fits) this.all.push(portion);
    portion.events.push(...events);
    portion.bytes += bytes;
    this.bytes += bytes;
    return portion;
  }
}

/** Bytes of UTF-8. */
export const bytesOf = (events: readonly { readonly text: string }[]): number =>
  events.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
