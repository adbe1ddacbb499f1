import { hash } from 'node:crypto';

/** A UUID (version 8) made of a text: the same text has the same one. */
export function uuidOf(text: string): string {
  const digest = hash('sha256', text);
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-a${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}
