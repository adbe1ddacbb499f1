import { hash } from 'node:crypto';

/**
 * The id under which the server knows an event: a UUID (version 8) of its stream, its version and its bytes. The server takes an append
 * as done where the same ids stand at the same versions. So the same append again is seen as done, and another's is not, whatever commands it
 * carries: what a writer stores names its epoch, so two writers never store the same bytes.
 */
export function eventId(stream: string, version: number, text: string): string {
  const digest = hash('sha256', `${stream} ${version} ${text}`);
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-a${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}
