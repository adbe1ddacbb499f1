import type { EventStore } from '@mizan/event-store';
import { contentText } from '../content.js';
import type { Json } from '../definition.js';
import type { Calls, SentCall } from '../ports.js';
import { type Recorded, decode } from '../recorded.js';
import type { World } from './subject.js';

/** Stands between the processes and the world, and writes down which call should never have been sent. */
export class Witness<S, E extends Json> implements Calls {
  readonly faults: string[] = [];
  private readonly contents = new Map<string, string>();

  constructor(
    private readonly world: World<S, E>,
    private readonly store: EventStore,
    private readonly kind: string,
    private readonly clock: () => number,
  ) {}

  async send(call: SentCall): Promise<Awaited<ReturnType<Calls['send']>>> {
    const { id, content } = call;
    const text = contentText(content);
    const [process, step, attempt] = id.split(':');
    const events = await recordedOf(this.store, `${this.kind}-${process}`);
    const record = events.find((event) => event.type === 'CallSent' && event.id === id);
    if (record?.type !== 'CallSent') this.faults.push(`${id} was sent before it was recorded`);
    else if (contentText(record.content) !== text) this.faults.push(`${id} was sent with other content than was recorded`);
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

export async function recordedOf(store: EventStore, stream: string): Promise<readonly Recorded[]> {
  const events: Recorded[] = [];
  for (;;) {
    const page = await store.read(stream, events.length, 1_000);
    if (page.length === 0) return events;
    for (const { text } of page) events.push(decode(text));
  }
}
