import { envelopeEnd } from './envelope.js';
import { isJournalStream } from './feed.js';

/** What a stored event says about its neighbours and its texts. */
export interface Seams {
  /** The first and last version of the all-or-nothing group it belongs to, or null. */
  readonly group: { readonly first: number; readonly last: number } | null;
  /** The commitment to its texts, or null where it has none. */
  readonly texts: string | null;
}

/** Reads the seams of a stored event without parsing the whole: at the end of the envelope, and of a journal's event in its data. */
export function seamsOf(text: string): Seams {
  // The last place with this key: what stands behind it has no quotes inside.
  if (isJournalStream(text.slice(text.lastIndexOf(STREAM) + STREAM.length, -1))) return journalSeams(text);
  const end = envelopeEnd(text);
  return { group: end?.group ?? null, texts: end?.texts ?? null };
}

const STREAM = '"stream":"';

/** The schemas of the journal's events have these two keys in one place, and no place for keys of others: `seams.spec.ts` holds them to it. */
function journalSeams(text: string): Seams {
  const group = GROUP.exec(text);
  return { group: group && { first: Number(group[1]), last: Number(group[2]) }, texts: TEXTS.exec(text)?.[1] ?? null };
}

const GROUP = /"group":\{"first":(\d+),"last":(\d+)\}/;
const TEXTS = /"texts":"([0-9a-f]{64})"/;
