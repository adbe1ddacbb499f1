import { createHash } from 'node:crypto';
import { canonicalJson } from '@mizan/contracts';
import type { Json } from './definition.js';

/** The exact text of a content: RFC 8785. */
export const contentText = (content: Json): string => canonicalJson({ content });

/** What an approval is bound to: SHA-256 of the exact text, in hex. */
export const contentHash = (content: Json): string => hashOfText(contentText(content));

export const hashOfText = (text: string): string => createHash('sha256').update(text).digest('hex');
