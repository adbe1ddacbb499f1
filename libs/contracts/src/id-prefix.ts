/** Whose the beginnings of command ids are, as a token says it for one tenant. */
export interface IdPrefixes {
  /** Its holder alone may spend ids that begin so. */
  readonly own: readonly string[];
  /** Somebody else's: the holder may spend no such id. */
  readonly reserved: readonly string[];
}

/** Prefixes that the keys of one tenant may own together; those of revoked keys count. */
export const MAX_PREFIXES_OF_A_TENANT = 16;
/** Kinds of processes that all services may have together: each is a prefix that a token names. */
export const MAX_KINDS_OF_PROCESSES = 32;

/** What a kind of processes may be called: 1 to 31 of a-z 0-9 _ with a letter first. No hyphen, so that no prefix `<kind>-` begins with another. */
export const isKindOfProcesses = (text: string): boolean => /^[a-z][a-z0-9_]{0,30}$/.test(text);

/** What a key may own: 3 to 40 of the characters of a command id. */
export const isIdPrefix = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_.:-]{2,39}$/.test(text);

/** Whether some id would begin with both. */
export const prefixesOverlap = (one: string, other: string): boolean => one.startsWith(other) || other.startsWith(one);

/** The prefix under which an id is somebody else's, or null. Of several prefixes that an id begins with, the longest counts. */
export function prefixOfAnother(id: string, { own, reserved }: IdPrefixes): string | null {
  const longest = (prefixes: readonly string[]): string =>
    prefixes.reduce((found, prefix) => (id.startsWith(prefix) && prefix.length > found.length ? prefix : found), '');
  const theirs = longest(reserved);
  return theirs.length > longest(own).length ? theirs : null;
}
