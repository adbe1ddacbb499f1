import assert from 'node:assert/strict';
import { uuidOf } from '@mizan/contracts';
import type { WrittenKind } from './ownership/stream-writers.js';
import type { StreamOf } from './ownership/unattended-streams.js';
import { Portions } from './portions.js';
import type { Flush, FlushTerms, Origin, Portion, PutOff, StreamRules } from './stream-rules.js';
import { type SharedPorts, StreamWriter } from './stream-writer.js';

const PAGE = 1_000;

/** The rules of one kind of stream, pure. A stream is `<kind>-<uid>`; its whole state is kept in memory. */
export interface Decider<S, A, R, E> {
  readonly kind: string;
  /** What people call one, in messages, in the singular. */
  readonly called: string;
  initial(of: StreamOf): S;
  /** @param now the time of what is decided, ms since the epoch; never before that of the events so far. @returns the events, all or none, and the answer once they are durable. */
  decide(state: S, ask: A, now: number): { readonly events: readonly E[]; readonly reply: R };
  /** @returns the state after an event; may change the one given. */
  evolve(state: S, event: E): S;
  /** Whether deciding it may make events: a look-up never does. */
  mayWrite(ask: A): boolean;
  /** The text that is stored. The id and the time must stand in it. */
  encode(event: E, place: Place): string;
  /** @throws for a kind or version that it does not know: then the stream is not written here. */
  decode(text: string): { readonly event: E; readonly recordedAt: number };
}

/** Where an event stands, and who led to it. */
export interface Place {
  /** A UUID of the stream, the version and the writer’s epoch: no other writer writes the same bytes. */
  readonly id: string;
  readonly stream: string;
  readonly version: number;
  /** ms since the epoch. */
  readonly recordedAt: number;
  /** The first and last version of the events of one decision, where it has several. */
  readonly group: { readonly first: number; readonly last: number } | null;
  readonly origin: Origin;
}

interface GatheredPortion extends Portion {
  readonly events: { readonly text: string }[];
  position: number;
  bytes: number;
}

/** For StreamWriters: the writers of streams of one kind. */
export function decidedBy<S, A, R, E>(decider: Decider<S, A, R, E>): WrittenKind<StreamWriter<A, R>> {
  const { kind, called } = decider;
  return {
    called,
    load: async (ports, lease, of, signal) => {
      const stream = `${kind}-${of.uid}`;
      const rules = new DeciderRules(decider, stream, lease.epoch, decider.initial(of));
      await rules.load(ports, signal);
      return new StreamWriter(ports, { stream, uid: of.uid, called }, rules);
    },
  };
}

/** The whole state of one stream in memory, and how it goes on. */
class DeciderRules<S, A, R, E> implements StreamRules<A, R> {
  position = 0;
  recordedAt = 0;
  readonly nextDue = null;
  readonly behind = 0;
  readonly putOff: PutOff<A, R> = { has: () => false, forget: () => undefined, clear: () => undefined };

  constructor(
    readonly decider: Decider<S, A, R, E>,
    readonly stream: string,
    readonly epoch: number,
    public state: S,
  ) {}

  async load({ store }: SharedPorts, signal: AbortSignal): Promise<void> {
    for (;;) {
      const page = await store.read(this.stream, this.position, PAGE);
      if (page.length === 0) return;
      for (const { version, text } of page) {
        assert.equal(version, this.position + 1);
        const { event, recordedAt } = this.decider.decode(text);
        this.evolve(event, recordedAt);
      }
      signal.throwIfAborted();
    }
  }

  evolve(event: E, recordedAt: number): void {
    this.state = this.decider.evolve(this.state, event);
    this.position += 1;
    this.recordedAt = Math.max(this.recordedAt, recordedAt);
  }

  commandsIn(): number {
    return 1;
  }

  mayWrite(ask: A): boolean {
    return this.decider.mayWrite(ask);
  }

  isDue(): boolean {
    return false;
  }

  refusal(): null {
    return null;
  }

  async recall(): Promise<void> {}

  flush(terms: FlushTerms): DeciderFlush<S, A, R, E> {
    return new DeciderFlush(this, terms);
  }

  async beforeAppend(): Promise<void> {}

  appended(): void {}

  trim(): void {}

  async caughtUp(): Promise<void> {}
}

class DeciderFlush<S, A, R, E> implements Flush<A, R> {
  private readonly gathered: Portions<GatheredPortion>;

  constructor(
    private readonly rules: DeciderRules<S, A, R, E>,
    private readonly terms: FlushTerms,
  ) {
    this.gathered = new Portions(terms.limits, () => ({ events: [], position: rules.position, bytes: 0 }));
  }

  get portions(): readonly Portion[] {
    return this.gathered.all;
  }

  get full(): boolean {
    return this.gathered.full;
  }

  admits(): boolean {
    return true;
  }

  decide(ask: A, origin: Origin): R {
    const { rules } = this;
    const recordedAt = Math.max(this.terms.now, rules.recordedAt);
    const { events, reply } = rules.decider.decide(rules.state, ask, recordedAt);
    if (events.length === 0) return reply;
    assert(rules.decider.mayWrite(ask), 'A look-up made events.');
    const texts = events.map((event, i) => this.encode(event, i + 1, events.length, recordedAt, origin));
    const portion = this.gathered.add(texts);
    for (const event of events) rules.evolve(event, recordedAt);
    portion.position = rules.position;
    return reply;
  }

  finish(): void {}

  private encode(event: E, nth: number, of: number, recordedAt: number, origin: Origin): { readonly text: string } {
    const { stream, epoch, position, decider } = this.rules;
    const version = position + nth;
    const id = uuidOf(`${stream} ${version} ${epoch}`);
    const group = of > 1 ? { first: position + 1, last: position + of } : null;
    const text = decider.encode(event, { id, stream, version, recordedAt, group, origin });
    // Without it another writer's event could be taken for this one's when the outcome of an append is unknown.
    assert(text.includes(id), `The text of an event of ${stream} lacks its id.`);
    return { text };
  }
}
