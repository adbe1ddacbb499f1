import type { Answer, CommandEvent, GroupAnswer, Hold, LedgerEvent } from '@mizan/ledger';
import type { Ask, Reply } from '@mizan/writer/ledger';
import type { Operation } from './operation.js';
import type { Refusal } from './refusal.js';

/** What a caller asks in one breath, piece by piece. */
export type Question = { readonly kind: 'operation'; readonly operation: Operation } | LookUp;

/** What spent an id, and how a hold or an entry stands. */
export interface LookUp {
  readonly kind: 'lookup' | 'hold' | 'entry';
  readonly id: string;
}

type LookUpAsk = Extract<Ask, LookUp>;

/** What a caller was told of one operation. */
export interface Told {
  readonly status: 'applied' | 'rejected';
  readonly refusal: Refusal | null;
  readonly replayed: boolean;
  /** The event that it names, as one text that is the same for equal events. */
  readonly event: string | null;
  readonly position: number | null;
  /** Of a group: what it was told of each member. */
  readonly members: readonly Told[];
  /** It was refused for its shape, before any writer saw it. */
  readonly misread: boolean;
}

/** One submission: what was asked, and what came of it. */
export interface Attempt {
  readonly ledger: string;
  readonly caller: string;
  readonly questions: readonly Question[];
  /** Ms since the epoch, and how long the journal was. */
  readonly sentAt: number;
  readonly sentAtVersion: number;
  answeredAt: number;
  answeredAtVersion: number;
  /** Null while it is in flight. */
  told: readonly (Told | LookedUp)[] | null;
  /** Why it was not answered: the kind of fault, or `broken` for a connection that broke. */
  fault: string | null;
}

export interface LookedUp {
  readonly lookup: true;
  /** The event that made it, and how it stands now, as one text; all null where there is nothing. */
  readonly event: string | null;
  readonly position: number | null;
  readonly standing: string | null;
}

/** One text for an event, whatever the order of its fields. */
export function textOf(event: LedgerEvent): string {
  return JSON.stringify(event, (_, value: unknown) => {
    if (typeof value === 'bigint') return `${value}`;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}

export function toldOf(answer: Answer | GroupAnswer): Told {
  const members = 'answers' in answer ? answer.answers.map(toldOf) : [];
  const event = 'event' in answer ? answer.event : null;
  return {
    status: answer.status,
    refusal: answer.status === 'rejected' ? answer.rejection : null,
    replayed: 'replayed' in answer && answer.replayed,
    event: event && textOf(event),
    position: event?.position ?? null,
    members,
    misread: false,
  };
}

export function lookedUp({ kind }: LookUp, reply: Reply<LookUpAsk>): LookedUp {
  if (reply === null) return { lookup: true, event: null, position: null, standing: null };
  const made = 'placed' in reply ? reply.placed : 'entry' in reply && kind === 'entry' ? reply.entry : (reply as CommandEvent);
  return { lookup: true, event: textOf(made), position: made.position, standing: standingSaid(reply) };
}

function standingSaid(reply: NonNullable<Reply<LookUpAsk>>): string {
  if ('reversedBy' in reply) return entryStanding(reply);
  return 'placed' in reply ? holdStanding(reply.hold) : 'spent';
}

/** How a hold, or an entry, stands: one text for what was told and for what the judge makes of it. */
export const holdStanding = ({ status, amount, captured, released }: Pick<Hold, 'amount' | 'captured' | 'released'> & { status: string }) =>
  `${status}, ${amount} with ${captured} captured and ${released} released`;
export const entryStanding = ({ reversedBy }: { readonly reversedBy: readonly string[] }) => `reversed by ${reversedBy.join(', ')}`;

export const misreadAs = (refusal: Refusal): Told => ({
  status: 'rejected',
  refusal,
  replayed: false,
  event: null,
  position: null,
  members: [],
  misread: true,
});
