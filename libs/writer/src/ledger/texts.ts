import type { KeptTexts } from '@mizan/contracts';

/** The words beside the journals, found by the commitment that an event holds to them. */
export interface TextsBeside {
  /** Durable before it resolves. Keeping the same again changes nothing. */
  keep(stream: string, kept: readonly { readonly commitment: string; readonly texts: KeptTexts }[]): Promise<void>;
  /** Those that still exist, by commitment. */
  find(wanted: readonly { readonly stream: string; readonly commitment: string }[]): Promise<ReadonlyMap<string, KeptTexts>>;
}
