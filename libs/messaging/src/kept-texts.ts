import { type FedEvent, type KeptTexts, seamsOf } from '@mizan/contracts';
import type { StoredEvent } from '@mizan/event-store';
import type { Group } from './stream-message.js';

/** Reads what is kept beside the stream. Answers by commitment; what was erased is missing from the answer. */
export type KeptTextsReader = (
  wanted: readonly { readonly stream: string; readonly commitment: string }[],
) => Promise<ReadonlyMap<string, KeptTexts>>;

/** Stored events of one or several streams, with their texts while these exist, and the group of each. */
export interface Joined {
  readonly events: readonly FedEvent[];
  readonly groups: readonly (Group | null)[];
}

/** Joins the texts to each list of events with a single read. */
export async function joinTexts(
  lists: readonly { readonly stream: string; readonly events: readonly StoredEvent[] }[],
  read: KeptTextsReader,
): Promise<Joined[]> {
  const seams = lists.map(({ events }) => events.map(({ text }) => seamsOf(text)));
  const wanted = lists.flatMap(({ stream }, list) => seams[list]!.flatMap(({ texts }) => (texts ? [{ stream, commitment: texts }] : [])));
  const kept = wanted.length === 0 ? new Map<string, KeptTexts>() : await read(wanted);
  return lists.map(({ events }, list) => ({
    events: events.map(({ version, text }, index) => {
      const promise = seams[list]![index]!.texts;
      return { version, event: text, texts: (promise && kept.get(promise)) || null };
    }),
    groups: seams[list]!.map(({ group }) => group),
  }));
}
