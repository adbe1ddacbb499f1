import type { Answer, GroupAnswer, LedgerEvent } from '@mizan/ledger';
import type { Operation } from './operation.js';
import type { Refusal } from './refusal.js';

/** What a caller asks in one breath, piece by piece. */
export type Question = { readonly kind: 'operation'; readonly operation: Operation } | { readonly kind: 'lookup'; readonly id: string };

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
  readonly event: string | null;
  readonly position: number | null;
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

export const misreadAs = (refusal: Refusal): Told => ({
  status: 'rejected',
  refusal,
  replayed: false,
  event: null,
  position: null,
  members: [],
  misread: true,
});
