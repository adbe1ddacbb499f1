import { type Envelope, type EventKinds, type ProcessData, canonicalJson, decodeEnvelope, uuidOf } from '@mizan/contracts';

/** The names of the kinds of events that the stream of a process holds. */
type Name = keyof ProcessData;
type RecordedAs<N extends Name> = { [K in N]: { readonly type: K; readonly at: number } & ProcessData[K] }[N];

/** An event of a process. `at` is the time of the process: ms since the epoch, and it never goes back. */
export type Recorded = RecordedAs<Name>;
/** Recorded before the call is sent; whoever sends it again sends this. */
export type CallSent = RecordedAs<'CallSent'>;
export type ApprovalAsked = RecordedAs<'ApprovalAsked'>;
export type ApprovalDecided = RecordedAs<'ApprovalGiven' | 'ApprovalDeclined'>;

/** What the envelope of an event says beside the event. */
export interface Provenance {
  /** That of the process too: `<kind>-<id>`. */
  readonly stream: string;
  readonly version: number;
  /** The event that led to it, `<stream>@<version>`, or null. */
  readonly causation: string | null;
  readonly traceparent: string | null;
}

/** The stored text of an event. Its id is made of all the rest, so the same event at the same version is the same text. */
export function encode(kinds: EventKinds<ProcessData>, { at, type, ...data }: Recorded, from: Provenance): string {
  const known = { ...from, actor: `service:${kinds.owner}`, correlation: from.stream, recordedAt: at };
  return kinds.write(type, data as ProcessData[Name], { ...known, id: uuidOf(canonicalJson({ ...known, type, data })) });
}

/** @throws for a kind or a version of it that this program does not know: a newer one wrote it. */
export function decode(kinds: EventKinds<ProcessData>, text: string): { readonly event: Recorded; readonly envelope: Envelope } {
  const { type, data, envelope } = kinds.read(decodeEnvelope(text));
  return { event: { ...data, type, at: Date.parse(envelope.recordedAt) } as Recorded, envelope };
}

/** How a causation names an event. */
export const eventName = (stream: string, version: number): string => `${stream}@${version}`;
