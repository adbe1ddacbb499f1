import { AppendRefused, type EventStore, MAX_PAGE_EVENTS } from '@mizan/event-store';
import type { Bounds } from './bounds.js';
import type { Definition, Json } from './definition.js';
import { Instance } from './instance.js';
import { refuseProcessId } from './process-id.js';
import { type Recorded, decode, encode } from './recorded.js';

/** Reads and appends the streams of one kind of process. */
export class ProcessStream<S, E extends Json> {
  constructor(
    private readonly definition: Definition<S, E>,
    private readonly store: EventStore,
    private readonly bounds: Bounds,
  ) {
    if (!/^[a-z][a-z0-9-]{0,31}$/.test(definition.name)) throw new Error(`'${definition.name}' is no name of a kind of process.`);
  }

  async load(process: string): Promise<Instance<S, E>> {
    const instance = new Instance(this.definition, process);
    for (;;) {
      const page = await this.store.read(this.name(process), instance.version, MAX_PAGE_EVENTS);
      if (page.length === 0) return instance;
      for (const { text } of page) instance.apply(decode(text));
    }
  }

  /**
   * Appends to a process as it was loaded.
   * @returns false where another wrote first: load it again and decide again.
   * @throws where the outcome stays unknown.
   */
  async append({ id, version }: Instance<S, E>, events: readonly Recorded[]): Promise<boolean> {
    if (version + events.length > this.bounds.events) throw new Error(`${id} would have more than ${this.bounds.events} events.`);
    const texts = events.map(encode);
    let failure: unknown;
    for (let offer = 0; offer < this.bounds.appends; offer += 1) {
      try {
        const { status } = await this.store.append(this.name(id), version, texts);
        if (status === 'appended') return true;
        if (offer === 0) return false;
      } catch (error) {
        if (error instanceof AppendRefused && !error.mayPass) throw error;
        failure = error;
      }
      const stands = await this.store.read(this.name(id), version, texts.length);
      if (stands.length > 0) return texts.every((text, place) => stands[place]?.text === text);
    }
    throw new Error(`It is not known whether ${id} grew beyond version ${version}.`, { cause: failure });
  }

  private name(process: string): string {
    if (refuseProcessId(process)) throw new Error(`'${process}' is no id of a process.`);
    return `${this.definition.name}-${process}`;
  }
}
