import { type EventKinds, type ProcessData, isCausation, isKindOfProcesses, knownTrace, processKinds } from '@mizan/contracts';
import { AppendRefused, type EventStore, MAX_PAGE_EVENTS } from '@mizan/event-store';
import type { Bounds } from './bounds.js';
import type { Definition, Json } from './definition.js';
import { Instance } from './instance.js';
import { refuseProcessId } from './process-id.js';
import { type Recorded, decode, encode, eventName } from './recorded.js';

/** What led to the first event of an append. */
export interface Cause {
  /** An event, `<stream>@<version>`; null where none is known. */
  readonly causation: string | null;
  readonly traceparent: string | null;
}

/** Reads and appends the streams of one kind of process. A process is `<kind>-<id>`, and so is its stream. */
export class ProcessStream<S, E extends Json> {
  private readonly kinds: EventKinds<ProcessData>;

  /** @param owner the name of the service whose processes these are. */
  constructor(
    owner: string,
    private readonly definition: Definition<S, E>,
    private readonly store: EventStore,
    private readonly bounds: Bounds,
  ) {
    if (!isKindOfProcesses(definition.name)) throw new Error(`'${definition.name}' is no name of a kind of process.`);
    this.kinds = processKinds(owner);
  }

  /** Of a process that has not begun, and where no process could have such an id: one without events. */
  async load(process: string): Promise<Instance<S, E>> {
    const instance = new Instance(this.definition, process);
    if (refuseProcessId(this.definition.name, process)) return instance;
    for (;;) {
      const page = await this.store.read(process, instance.version, MAX_PAGE_EVENTS);
      if (page.length === 0) return instance;
      for (const { text } of page) {
        const { event, envelope } = decode(this.kinds, text);
        instance.apply(event, envelope);
      }
    }
  }

  /**
   * Appends to a process as it was loaded. What follows in an append was led to by its first event.
   * @returns false where another wrote first: load it again and decide again.
   * @throws where the outcome stays unknown.
   */
  async append(instance: Instance<S, E>, events: readonly Recorded[], cause: Cause): Promise<boolean> {
    const { id, version } = instance;
    const texts = this.texts(instance, events, cause);
    let failure: unknown;
    for (let offer = 0; offer < this.bounds.appends; offer += 1) {
      try {
        const { status } = await this.store.append(id, version, texts);
        if (status === 'appended') return true;
        if (offer === 0) return false;
      } catch (error) {
        if (error instanceof AppendRefused && !error.mayPass) throw error;
        failure = error;
      }
      const stands = await this.store.read(id, version, texts.length);
      if (stands.length > 0) return texts.every((text, place) => stands[place]?.text === text);
    }
    throw new Error(`It is not known whether ${id} grew beyond version ${version}.`, { cause: failure });
  }

  /** @throws for what no reader of the stream could take: a bug of whoever asks for it. */
  private texts({ id, version }: Instance<S, E>, events: readonly Recorded[], { causation, traceparent }: Cause): readonly string[] {
    const refused = refuseProcessId(this.definition.name, id);
    if (refused) throw new Error(`'${id}' is no id of a process. ${refused.detail}`);
    if (version + events.length > this.bounds.events) throw new Error(`${id} would have more than ${this.bounds.events} events.`);
    if (causation !== null && !isCausation(causation)) throw new Error(`'${causation}' names no event that could have led to ${id}.`);
    const first = version + 1;
    const texts = events.map((event, place) =>
      encode(this.kinds, event, {
        ...{ stream: id, version: first + place, traceparent: knownTrace(traceparent) },
        causation: place === 0 ? causation : eventName(id, first),
      }),
    );
    return texts;
  }
}
