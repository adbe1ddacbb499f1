import { hash } from 'node:crypto';
import type { Texts } from '@mizan/ledger';
import { canonicalJson } from './envelope.js';

/** Texts as they are kept beside the stream, with the salt of their commitment. Erasing them deletes this. */
export interface KeptTexts extends Texts {
  /** 32 random hex digits. */
  readonly salt: string;
}

/** The salted SHA-256 (hex) that the event holds in place of the words. */
export function commitment(texts: KeptTexts): string {
  return hash('sha256', canonicalJson({ metadata: texts.metadata, reference: texts.reference, salt: texts.salt }));
}

export function isWordless(texts: Texts): boolean {
  return texts.reference === null && Object.keys(texts.metadata).length === 0;
}
