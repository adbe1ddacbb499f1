import type { StreamMessage } from '@mizan/contracts';
import type { AppliedOnce, Gap, Received } from './applied-once.js';
import { backoffMs, pause } from './patience.js';
import { Denied } from './poison.js';
import { type KnownKinds, checkKinds } from './stream-message.js';

/** How often the feed is asked for what a message claims before that is denied: for 4 s, with growing pauses. */
const LOOKS = 5;
const FIRST_PAUSE_MS = 250;
const MOST_PAUSE_MS = 2_000;

/** The feed ends before a version that is said to exist. */
export class FeedEndsBefore extends Error {
  constructor(
    readonly stream: string,
    readonly last: number,
    readonly goal: number,
  ) {
    super(`The feed has ${stream} up to ${goal} but gives nothing after ${last}.`);
  }

  /** Where nobody but a message says so. */
  denied(): Denied {
    const { stream, last, goal } = this;
    return new Denied(
      last === 0 ? `the feed has no stream ${stream}.` : `the feed has ${stream} up to ${last}, and the message says ${goal}.`,
    );
  }
}

/**
 * Applies what Kafka brought of streams that the reader knows. Of any other stream nothing is taken on Kafka's word, nor noted: all of it is
 * a gap, to be filled from the feed.
 * @throws Poison for an event of a kind or version that this program does not know.
 */
export async function applyNews(
  inbox: Pick<AppliedOnce<never>, 'receive' | 'versions'>,
  messages: readonly StreamMessage[],
  kinds: KnownKinds,
): Promise<Received> {
  const versions = await inbox.versions([...new Set(messages.map(({ stream }) => stream))]);
  const isKnown = ({ stream }: StreamMessage): boolean => versions.get(stream)! > 0;
  const unknown = new Map<string, Gap>();
  for (const message of messages) {
    if (isKnown(message)) continue;
    const { stream } = message;
    unknown.set(stream, { stream, applied: 0, seen: Math.max(lastOf(message), unknown.get(stream)?.seen ?? 0) });
  }
  const known = messages.filter(isKnown);
  for (const message of known) checkKinds(message, kinds);
  const received = await inbox.receive(known);
  return { versions: received.versions, gaps: [...received.gaps, ...unknown.values()] };
}

/** @throws Denied where the feed, after several looks, still ends before what a message claims. What is true is in the feed before it is published. */
export async function confirmed<T>(look: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let looks = 1; ; looks++) {
    try {
      return await look();
    } catch (error) {
      if (!(error instanceof FeedEndsBefore)) throw error;
      if (looks >= LOOKS) throw error.denied();
      await pause(backoffMs(looks, FIRST_PAUSE_MS, MOST_PAUSE_MS), signal);
      signal.throwIfAborted();
    }
  }
}

const lastOf = ({ events }: StreamMessage): number => events.at(-1)!.version;
