import type { Decider } from './decider.js';
import type { StreamOf } from './ownership/unattended-streams.js';

/** A kind of stream for tests: a sum of amounts, each added once under its id. */
export interface Tally {
  sum: number;
  readonly added: Map<string, number>;
}

export type TallyAsk =
  | { readonly ask: 'add'; readonly id: string; readonly amounts: readonly number[] }
  | { readonly ask: 'look' }
  /** A rule that fails at this. */
  | { readonly ask: 'fail' };

export interface TallyReply {
  readonly sum: number;
  readonly replayed: boolean;
}

interface Added {
  readonly id: string;
  readonly amount: number;
}

export const tally: Decider<Tally, TallyAsk, TallyReply, Added> = {
  kind: 'tally',
  called: 'tally',
  initial: () => ({ sum: 0, added: new Map() }),
  decide: ({ sum, added }, ask) => {
    if (ask.ask === 'fail') throw new Error('This rule is broken.');
    if (ask.ask === 'look') return { events: [], reply: { sum, replayed: false } };
    const before = added.get(ask.id);
    if (before !== undefined) return { events: [], reply: { sum: before, replayed: true } };
    const more = ask.amounts.reduce((total, amount) => total + amount, 0);
    return { events: ask.amounts.map((amount) => ({ id: ask.id, amount })), reply: { sum: sum + more, replayed: false } };
  },
  evolve: (state, { id, amount }) => {
    state.sum += amount;
    state.added.set(id, state.sum);
    return state;
  },
  mayWrite: ({ ask }) => ask === 'add',
  encode: (data, place) => JSON.stringify({ ...place, data }),
  decode: (text) => {
    const { data, recordedAt } = JSON.parse(text) as { data: Added; recordedAt: number };
    return { event: data, recordedAt };
  },
};

export const add = (id: string, ...amounts: number[]): TallyAsk => ({ ask: 'add', id, amounts });
export const look: TallyAsk = { ask: 'look' };
export const origin = { actor: 'service:test', correlation: null, causation: null, traceparent: null };
export const tallyOf = (uid: string): StreamOf => ({ uid, tenant: 't1' });

/** The ids of what stands in a stream, in order. */
export const idsIn = (events: readonly { readonly text: string }[]): string[] =>
  events.map(({ text }) => (JSON.parse(text) as { data: Added }).data.id);
