import { InMemoryEventStore } from '@mizan/event-store';
import { type Bounds, defaultBounds } from './bounds.js';
import type { Definition, Json, Next } from './definition.js';
import { InMemoryTimers } from './in-memory-timers.js';
import type { Answer, Calls, Ports, SentCall } from './ports.js';
import { Runner } from './runner.js';

/** A counterpart that answers as it is told, and remembers what it was sent. */
export class Counterpart implements Calls {
  readonly sent: SentCall[] = [];
  /** Taken one after another, the last for ever; an error is a lost answer. */
  answers: (Answer | Error)[] = [{ status: 'done', answer: 'ok' }];
  private readonly known = new Map<string, Answer>();

  async send(call: SentCall): Promise<Answer> {
    this.sent.push(call);
    const answer = this.answers.length > 1 ? this.answers.shift()! : this.answers[0]!;
    if (answer instanceof Error) throw answer;
    this.known.set(call.id, answer);
    return answer;
  }

  async lookup({ id }: SentCall): Promise<Answer | null> {
    return this.known.get(id) ?? null;
  }
}

export type Heard = { readonly signal: string; readonly content?: Json };

/** A kind of process that writes down what it hears, and does next what `next` says of that. */
export const clerk = (next: (heard: readonly Heard[], now: number) => Next): Definition<readonly Heard[], Heard> => ({
  name: 'clerk',
  version: 1,
  initial: [],
  decide: (_, signal) => {
    if (signal.type === 'message' && signal.content === 'no') return { code: 'no', detail: 'No.' };
    if (signal.type === 'message' && signal.content === 'much') return Array.from({ length: 99 }, () => ({ signal: 'much' }));
    const said = signal.type === 'refused' && signal.last ? 'refused last' : signal.type;
    return [signal.type === 'message' ? { signal: said, content: signal.content } : { signal: said }];
  },
  evolve: (heard, event) => [...heard, event],
  next: (heard, now) => (heard.length === 0 ? { do: 'nothing' } : next(heard, now)),
});

export const START = Date.UTC(2026, 0, 5);

/** A runner of one such kind, in memory, on a clock that the test moves. */
export function clerks(next: Parameters<typeof clerk>[0], bounds: Partial<Bounds> = {}) {
  const counterpart = new Counterpart();
  const time = { now: START };
  const ports: Ports = {
    store: new InMemoryEventStore(),
    calls: counterpart,
    timers: new InMemoryTimers(),
    lease: { held: async () => true },
    clock: () => time.now,
  };
  const makeRunner = (more: Partial<Ports> = {}) =>
    new Runner('clerks', clerk(next), { ...ports, ...more }, { ...defaultBounds, ...bounds });
  return { counterpart, time, ports, makeRunner, runner: makeRunner() };
}
