import type { EventStoreClient } from './client.js';
import { toEvents } from './stored-text.js';
import { streamPage } from './stream-page.js';

/** The database that the streams belong to: leases, index of ids and words, without which they are worth nothing, and with others wrong. */
export interface Owner {
  /** A name that no other database has, for ever. */
  readonly identity: string;
  /** Whether its name was in the store before. */
  readonly isKnown: boolean;
}

/**
 * Sees to it that the streams of each prefix belong to one database: its name is written into the store, in a stream that is not in the feed.
 * A database whose name stands at one of its prefixes may add others.
 * @throws where another's is there, or this one's was and is no more.
 */
export async function belongTo(client: EventStoreClient, prefixes: readonly string[], owner: Owner, deadlineMs: number): Promise<void> {
  const { identity, isKnown } = owner;
  const named = await Promise.all(prefixes.map((prefix) => ownerOf(client, prefix, deadlineMs)));
  for (const name of named) if (name !== undefined) assertSame(name, identity);
  if (isKnown && named.every((name) => name === undefined))
    throw new Error(
      'This EventStoreDB does not have the journals of this database: it is another one, or was emptied. Nothing was written to it.',
    );
  for (const [index, prefix] of prefixes.entries()) if (named[index] === undefined) await claim(client, prefix, identity, deadlineMs);
}

const streamOfOwner = (prefix: string): string => `owner-of-${prefix}`;

async function ownerOf(client: EventStoreClient, prefix: string, deadlineMs: number): Promise<string | undefined> {
  const [first] = await streamPage(client, streamOfOwner(prefix), 'forwards', 0n, 1, deadlineMs);
  return first?.text;
}

async function claim(client: EventStoreClient, prefix: string, identity: string, deadlineMs: number): Promise<void> {
  const stream = streamOfOwner(prefix);
  const options = { expectedRevision: 'no_stream', streamState: 'no_stream', requiresLeader: true, deadline: deadlineMs } as const;
  // Whatever becomes of it, the stream says: another instance may write the same at the same time.
  const failed = await client.appendToStream(stream, toEvents(stream, 0, [identity]), options).then(
    () => null,
    (error: unknown) => error,
  );
  const name = await ownerOf(client, prefix, deadlineMs);
  if (name === undefined) throw failed ?? new Error('EventStoreDB took the name of this database and does not have it.');
  assertSame(name, identity);
}

function assertSame(name: string, identity: string): void {
  if (name !== identity)
    throw new Error(
      `The journals in this EventStoreDB belong to another database (its name there is ${name}, this one's ${identity}). Give this database an EventStoreDB of its own.`,
    );
}
