/** The most that one append may hold: events, and their bytes of UTF-8. */
export interface AppendLimits {
  readonly events: number;
  readonly bytes: number;
}

/** The most events in one page of a stream. */
export const MAX_PAGE_EVENTS = 8192;
/** About the size of a page that is read, 1 MiB: above the largest all-or-nothing group, and small enough for readers of little memory. */
export const MAX_PAGE_BYTES = 1024 * 1024;
/** The most appends in one page of the feed. */
export const MAX_FEED_APPENDS = 8192;

/** This append was not begun: nothing of it was written, and nothing will be. The message says what was wrong with it. */
export class AppendRefused extends Error {
  override readonly name = 'AppendRefused';

  constructor(
    message: string,
    /** The store was only busy: the same append may be offered again. */
    readonly mayPass = false,
  ) {
    super(message);
  }
}

/**
 * What every store checks before it begins an append.
 * @returns its size in bytes of UTF-8.
 * @throws AppendRefused for no or too many events, too many bytes, a text that UTF-8 or PostgreSQL could not give back as it is, a bad stream or version.
 */
export function appendBytes(stream: string, expectedVersion: number, events: readonly string[], limits: AppendLimits): number {
  if (!/^[\x21-\x7e]{1,200}$/.test(stream))
    refuse(`'${stream.slice(0, 200)}' is no name of a stream: use 1 to 200 characters of visible ASCII.`);
  if (!Number.isSafeInteger(expectedVersion) || expectedVersion < 0)
    refuse(`The expected version must be 0 or a positive whole number, not ${expectedVersion}.`);
  if (events.length === 0) refuse('An append needs at least one event.');
  if (events.length > limits.events) refuse(`An append holds at most ${limits.events} events; this one has ${events.length}.`);
  let bytes = 0;
  for (const [index, text] of events.entries()) {
    if (text.includes('\0')) refuse(`Event ${index} contains U+0000, which no text in PostgreSQL can hold: escape it.`);
    if (!text.isWellFormed()) refuse(`Event ${index} contains half of a surrogate pair, which UTF-8 cannot hold: escape it.`);
    bytes += Buffer.byteLength(text);
  }
  if (bytes > limits.bytes) refuse(`An append holds at most ${limits.bytes} bytes; this one has ${bytes}.`);
  return bytes;
}

/** A page's limit within its bound. @throws RangeError when it is not a positive whole number. */
export function pageLimit(limit: number, most: number): number {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError(`A limit must be a positive whole number, not ${limit}.`);
  return Math.min(limit, most);
}

function refuse(why: string): never {
  throw new AppendRefused(why);
}
