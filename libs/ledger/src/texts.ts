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
