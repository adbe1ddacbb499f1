import { processKinds } from '@mizan/contracts';
import type { EventStore } from '@mizan/event-store';
import { contentText } from '../content.js';
import type { Json } from '../definition.js';
import type { Calls, SentCall } from '../ports.js';
import { decode, eventName } from '../recorded.js';
import type { World } from './subject.js';

/** The service whose processes are under trial. */
export const TRIAL = 'trial';
export const trialKinds = processKinds(TRIAL);

/** Stands between the processes and the world, and writes down which call should never have been sent. */
export class Witness<S, E extends Json> implements Calls {
  readonly faults: string[] = [];
  private readonly contents = new Map<string, string>();

  constructor(
    private readonly world: World<S, E>,
    private readonly store: EventStore,
    private readonly clock: () => number,
  ) {}

  async send(call: SentCall): Promise<Awaited<ReturnType<Calls['send']>>> {
    const { id, content, causation } = call;
    const text = contentText(content);
    const [process, step, attempt] = id.split(':');
    const events = await eventsOf(this.store, process!);
    const place = events.findIndex(({ event }) => event.type === 'CallSent' && event.id === id);
    const record = events[place]?.event;
    if (record?.type !== 'CallSent') this.faults.push(`${id} was sent before it was recorded`);
    else if (contentText(record.content) !== text) this.faults.push(`${id} was sent with other content than was recorded`);
    else if (causation !== eventName(process!, place + 1)) this.faults.push(`${id} was sent because of ${causation}, not of its record`);
    if ((this.contents.get(id) ?? text) !== text) this.faults.push(`${id} was sent with two contents`);
    this.contents.set(id, text);
    const before = Number(attempt) - 1;
    if (before > 0 && this.world.lookup(`${process}:${step}:${before}`)?.status !== 'refused')
      this.faults.push(`${id} was sent though attempt ${before} was not refused`);
    return this.world.take(call, this.clock());
  }

  async lookup({ id }: SentCall): Promise<Awaited<ReturnType<Calls['lookup']>>> {
    return this.world.lookup(id);
  }
}

type Stored = ReturnType<typeof decode>;

export async function eventsOf(store: EventStore, process: string): Promise<readonly Stored[]> {
  const events: Stored[] = [];
  for (;;) {
    const page = await store.read(process, events.length, 1_000);
    if (page.length === 0) return events;
    for (const { text } of page) events.push(decode(trialKinds, text));
  }
}

/** What the envelopes of a process say wrongly: each names its process and its service, has an id of its own, and follows from an event before it. */
export function envelopeFaults(process: string, events: readonly Stored[]): readonly string[] {
  const ids = new Set(events.map(({ envelope }) => envelope.id));
  const twice = ids.size < events.length ? [`${process}: two events have one id`] : [];
  const wrong = events.flatMap(({ event, envelope: { stream, version, actor, correlation, causation } }, place) => {
    const cause = Number(causation?.split('@')[1]);
    const follows = event.type === 'MessageReceived' ? causation === null : causation === eventName(process, cause) && cause <= place;
    const named = stream === process && version === place + 1 && actor === `service:${TRIAL}` && correlation === process;
    return named && follows ? [] : [`${process}: the envelope of ${eventName(stream, version)} is wrong`];
  });
  return [...twice, ...wrong];
}
