import { metadataOf } from './metadata-flag.js';
import { momentRange } from './moment.js';
import { wholeNumber } from './number-flag.js';

/** What lists of entries and of holds are searched by, as the flags say it. */
export interface SearchOptions {
  readonly account?: string;
  readonly reference?: string;
  readonly metadata?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly order?: 'newest' | 'oldest';
  readonly limit: string;
}

/** The most items of a page. */
const PAGE = 1000;

/** The filter for the client, and how many items to show in all. @throws WrongUsage */
export function searchOf({ account, reference, metadata, from, to, order, limit: text }: SearchOptions) {
  const limit = wholeNumber('--limit', text, 1);
  const words = metadata && metadataOf(metadata);
  return { filter: { account, reference, metadata: words, ...momentRange(from, to), order, limit: Math.min(limit, PAGE) }, limit };
}

export async function* first<T>(limit: number, items: AsyncIterable<T>): AsyncGenerator<T> {
  let count = 0;
  for await (const item of items) {
    yield item;
    if ((count += 1) === limit) return;
  }
}
