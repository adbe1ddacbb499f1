import { type StreamMessage, decodeEnvelope } from '@mizan/contracts';

export interface FollowedStream {
  readonly stream: string;
  /** The last version known to exist, and the last one applied. */
  readonly head: number;
  readonly applied: number;
}

const STREAMS_SHOWN = 100;

/** What a reader knows to exist, and what of it is applied. */
export class Heads {
  private readonly behind = new Map<string, FollowedStream>();
  /** Streams that are not behind, the latest movement last. */
  private readonly settled = new Map<string, FollowedStream>();
  /** Of each stream that is behind: since when at the latest, ms since the epoch. */
  private readonly behindSince = new Map<string, number>();

  /** Events known to exist and not applied. */
  lag(): number {
    return [...this.behind.values()].reduce((sum, { head, applied }) => sum + head - applied, 0);
  }

  /** The time since something was recorded that is known and not applied, seconds; 0 where everything is. */
  lagSeconds(): number {
    const now = Date.now();
    return [...this.behindSince.values()].reduce((lag, since) => Math.max(lag, now - since), 0) / 1_000;
  }

  /** The streams that moved last, at most 100. */
  latest(): readonly FollowedStream[] {
    return [...this.settled.values(), ...this.behind.values()].slice(-STREAMS_SHOWN);
  }

  /** What is missing of a stream was recorded after the last event that was applied. */
  date(messages: readonly StreamMessage[], versions: ReadonlyMap<string, number>): void {
    for (const { stream, events } of messages) {
      const last = this.behindSince.has(stream) && events.find(({ version }) => version === versions.get(stream));
      if (last) this.behindSince.set(stream, Date.parse(decodeEnvelope(last.event).recordedAt));
    }
  }

  /** Takes back what was noted of these streams beyond what is applied; the next look at the feed's heads says what is true. */
  forget(versions: ReadonlyMap<string, number>): void {
    for (const [stream, applied] of versions) {
      this.behind.delete(stream);
      this.settled.delete(stream);
      this.behindSince.delete(stream);
      if (applied > 0) this.note(new Map(), new Map([[stream, applied]]));
    }
  }

  /** @param heads versions known to exist. @param versions applied. */
  note(heads: ReadonlyMap<string, number>, versions: ReadonlyMap<string, number>): void {
    for (const stream of new Set([...heads.keys(), ...versions.keys()])) {
      const known = this.behind.get(stream) ?? this.settled.get(stream);
      const applied = Math.max(known?.applied ?? 0, versions.get(stream) ?? 0);
      const head = Math.max(known?.head ?? 0, heads.get(stream) ?? 0, applied);
      this.behind.delete(stream);
      this.settled.delete(stream);
      (head > applied ? this.behind : this.settled).set(stream, { stream, head, applied });
      if (head === applied) this.behindSince.delete(stream);
      else if (!this.behindSince.has(stream)) this.behindSince.set(stream, Date.now());
    }
    for (const stream of this.settled.keys()) {
      if (this.settled.size <= STREAMS_SHOWN) break;
      this.settled.delete(stream);
    }
  }
}
