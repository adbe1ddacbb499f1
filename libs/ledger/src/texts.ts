/** String to string, up to 16 keys and 2,048 bytes of UTF-8 in all. */
export type Metadata = Readonly<Record<string, string>>;

/**
 * Words about people. They are kept beside the journal and can be erased;
 * the journal itself holds only a salted commitment to them.
 */
export interface Texts {
  readonly reference: string | null;
  readonly metadata: Metadata;
}

export const noTexts: Texts = { reference: null, metadata: {} };

export const MAX_REFERENCE_CHARACTERS = 256;
export const MAX_METADATA_KEYS = 16;
export const MAX_METADATA_KEY_CHARACTERS = 128;
export const MAX_METADATA_BYTES = 2048;

/** Characters that hide or turn round what a reader sees: controls, and the embeddings, overrides and isolates of direction. */
const unseemly = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

/** Why a text may not be kept, or null: any language, up to `maxCharacters` code points. */
export function textFault(text: string, maxCharacters: number): string | null {
  if (text.length > maxCharacters && [...text.slice(0, 2 * maxCharacters + 1)].length > maxCharacters)
    return `is longer than ${maxCharacters} characters`;
  if (!text.isWellFormed()) return 'holds half of a surrogate pair';
  if (unseemly.test(text)) return 'holds a control character or a direction override';
  return null;
}

/** The length of a well-formed text in UTF-8. */
export function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0)!;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** The order of keys is free. */
export function sameMetadata(left: Metadata, right: Metadata): boolean {
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => Object.hasOwn(right, key) && left[key] === right[key]);
}
