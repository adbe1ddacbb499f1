import { LogFile } from './log-file.js';

/** An event as a client proposes it. */
export interface Proposed {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly metadata: Uint8Array;
  readonly data: Uint8Array;
}

export interface Recorded extends Proposed {
  readonly stream: string;
  /** From 0. */
  readonly revision: number;
  /** Its place in the log: rises from event to event. */
  readonly position: number;
  readonly createdMs: number;
}

/** Last revision expected: -1 for no stream; `any` for whatever there is. */
export type Expected = number | 'any';

export type Outcome =
  { readonly status: 'written' | 'repeated'; readonly last: Recorded } | { readonly status: 'wrong version'; readonly current: number };

interface Head {
  readonly stream: string;
  readonly first: number;
  readonly position: number;
  readonly createdMs: number;
  readonly events: readonly { id: string; type: string; contentType: string; metadata: number; data: number }[];
}

/** How many ids are remembered for appends that expect no revision. With one, the stream itself is asked. */
const REMEMBERED_IDS = 10_000;

/**
 * Streams and their order of all, in memory and in a file. An append is all or nothing, decided at once in the order of arrival,
 * and answered when it is on disk. Readers see what is on disk.
 */
export class EventLog {
  /** In the order of all; what is on disk comes first. */
  private readonly events: Recorded[] = [];
  private readonly streams = new Map<string, Recorded[]>();
  private readonly remembered = new Map<string, Recorded>();
  private readonly waiting: { record: Buffer; settle: () => void }[] = [];
  private readonly listeners = new Set<() => void>();
  private readonly file: LogFile;
  private durable = 0;
  private writing = false;

  constructor(directory: string) {
    this.file = LogFile.open(directory, (record) => this.remember(decoded(record)));
    this.durable = this.events.length;
  }

  /** @param diskMs how long the disk takes, besides what it takes. */
  async append(stream: string, expected: Expected, proposed: readonly Proposed[], diskMs = 0): Promise<Outcome> {
    const there = this.streams.get(stream) ?? [];
    const current = there.length - 1;
    if (expected === 'any') {
      const repeated = proposed.map(({ id }) => this.remembered.get(id));
      if (repeated.length > 0 && repeated.every((event) => event?.stream === stream))
        return this.onceDurable({ status: 'repeated', last: repeated.at(-1)! });
    } else if (expected < current) {
      // The server compares the ids of what follows the expected revision, however long ago it was written.
      const last = there[expected + proposed.length];
      if (last && proposed.every(({ id }, index) => there[expected + 1 + index]?.id === id))
        return this.onceDurable({ status: 'repeated', last });
      return { status: 'wrong version', current };
    } else if (expected > current) return { status: 'wrong version', current };

    const createdMs = Date.now();
    let position = this.nextPosition();
    const recorded = proposed.map((event, index): Recorded => {
      const at = position;
      position += 64 + event.data.length + event.metadata.length;
      return { ...event, stream, revision: current + 1 + index, position: at, createdMs };
    });
    this.remember(recorded);
    const settled = new Promise<void>((settle) => this.waiting.push({ record: encoded(recorded), settle }));
    if (!this.writing) {
      this.writing = true;
      if (diskMs > 0) setTimeout(() => this.write(), diskMs);
      else setImmediate(() => this.write());
    }
    await settled;
    return { status: 'written', last: recorded.at(-1)! };
  }

  /** What is on disk of a stream; undefined when there is none. */
  stream(name: string): readonly Recorded[] | undefined {
    const events = this.streams.get(name);
    if (!events || events[0]!.position >= this.end) return undefined;
    return events.at(-1)!.position < this.end ? events : events.filter(({ position }) => position < this.end);
  }

  /** The index in the order of all of the first event at or after a position. */
  indexAt(position: number): number {
    let [low, high] = [0, this.durable];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.events[middle]!.position < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Undefined where nothing is on disk yet. */
  eventAt(index: number): Recorded | undefined {
    return index < this.durable ? this.events[index] : undefined;
  }

  get size(): number {
    return this.durable;
  }

  /** Resolves when more events than `size` are on disk, or the signal aborts. */
  async more(size: number, signal: AbortSignal): Promise<void> {
    if (this.durable > size || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        this.listeners.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.listeners.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  close(): void {
    this.file.close();
  }

  private get end(): number {
    const last = this.events[this.durable - 1];
    return last ? last.position + 1 : 0;
  }

  private nextPosition(): number {
    const last = this.events.at(-1);
    return last ? last.position + 64 + last.data.length + last.metadata.length : 1000;
  }

  private remember(recorded: readonly Recorded[]): void {
    const stream = this.streams.get(recorded[0]!.stream) ?? [];
    this.streams.set(recorded[0]!.stream, stream);
    for (const event of recorded) {
      stream.push(event);
      this.events.push(event);
      this.remembered.set(event.id, event);
    }
    for (const id of this.remembered.keys()) {
      if (this.remembered.size <= REMEMBERED_IDS) break;
      this.remembered.delete(id);
    }
  }

  private async onceDurable(outcome: Extract<Outcome, { last: Recorded }>): Promise<Outcome> {
    while (outcome.last.position >= this.end) await this.more(this.durable, new AbortController().signal);
    return outcome;
  }

  private write(): void {
    const group = this.waiting.splice(0);
    this.file.append(group.map(({ record }) => record));
    this.writing = false;
    this.durable = this.events.length;
    for (const { settle } of group) settle();
    for (const wake of [...this.listeners]) wake();
  }
}

/** A length, the head as JSON, and then the metadata and data of each event. */
function encoded(events: readonly Recorded[]): Buffer {
  const { stream, revision, position, createdMs } = events[0]!;
  const head: Head = {
    stream,
    first: revision,
    position,
    createdMs,
    events: events.map(({ id, type, contentType, metadata, data }) => ({
      id,
      type,
      contentType,
      metadata: metadata.length,
      data: data.length,
    })),
  };
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json, ...events.flatMap(({ metadata, data }) => [metadata, data])]);
}

function decoded(record: Buffer): Recorded[] {
  const end = 4 + record.readUInt32BE(0);
  const { stream, first, position, createdMs, events } = JSON.parse(record.toString('utf8', 4, end)) as Head;
  let [at, place] = [end, position];
  return events.map(({ id, type, contentType, metadata, data }, index) => {
    const from = at;
    at += metadata + data;
    const recordedAt = place;
    place += 64 + data + metadata;
    return {
      stream,
      revision: first + index,
      position: recordedAt,
      createdMs,
      id,
      type,
      contentType,
      metadata: record.subarray(from, from + metadata),
      data: record.subarray(from + metadata, at),
    };
  });
}
