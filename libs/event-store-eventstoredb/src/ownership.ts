import type { EventStoreClient } from './client.js';
import { toEvents } from './stored-text.js';
import { streamPage } from './stream-page.js';

/** The database that these journals belong to: leases, index of ids and words, without which they are worth nothing, and with others wrong. */
export interface Owner {
  /** A name that no other database has, for ever. */
  readonly identity: string;
  /** Whether its name was in the store before. */
  readonly isKnown: boolean;
}

/**
 * Sees to it that the journals of one prefix belong to one database: its name is written into the store, in a stream that is not in the feed.
 * @throws where another's is there, or this one's was and is no more.
 */
export async function belongTo(client: EventStoreClient, prefix: string, { identity, isKnown }: Owner, deadlineMs: number): Promise<void> {
  const stream = `owner-of-${prefix}`;
  const named = async (): Promise<string | undefined> => (await streamPage(client, stream, 'forwards', 0n, 1, deadlineMs))[0]?.text;
  let owner = await named();
  if (owner === undefined && isKnown)
    throw new Error(
      'This EventStoreDB does not have the journals of this database: it is another one, or was emptied. Nothing was written to it.',
    );
  if (owner === undefined) {
    const options = { expectedRevision: 'no_stream', streamState: 'no_stream', requiresLeader: true, deadline: deadlineMs } as const;
    // Whatever becomes of it, the stream says: another instance may write the same at the same time.
    const failed = await client.appendToStream(stream, toEvents(stream, 0, [identity]), options).then(
      () => null,
      (error: unknown) => error,
    );
    owner = await named();
    if (owner === undefined) throw failed ?? new Error('EventStoreDB took the name of this database and does not have it.');
  }
  if (owner !== identity)
    throw new Error(
      `The journals in this EventStoreDB belong to another database (its name there is ${owner}, this one's ${identity}). Give this database an EventStoreDB of its own.`,
    );
}
