import { type Decision, refuseDecision } from './approval.js';
import { type Bounds, defaultBounds } from './bounds.js';
import { contentText, hashOfText } from './content.js';
import { type Definition, type Json, type Rejection, isRejection } from './definition.js';
import type { Instance } from './instance.js';
import { answered, decided, heard, plan } from './plan.js';
import { refuseProcessId } from './process-id.js';
import type { Answer, Ports, SentCall, Timer } from './ports.js';
import { type Cause, ProcessStream } from './process-stream.js';
import { type Recorded, eventName } from './recorded.js';

/** A message to a process. The same id is the same message, however often it comes. */
export interface Message {
  readonly id: string;
  readonly content: Json;
  /** Who asked, and what they had to tell it by; absent where the service heard of something and nobody asked. */
  readonly asked?: { readonly actor: string; readonly correlation?: string | null } | null;
  /** The event that led to it, `<stream>@<version>`. */
  readonly causation?: string | null;
  /** The trace in which it came. */
  readonly traceparent?: string | null;
}

export type Taken = { readonly status: 'taken'; readonly again: boolean } | { readonly status: 'rejected'; readonly rejection: Rejection };

export interface Slice {
  /** Whether this instance had the lease. */
  readonly held: boolean;
  /** Processes that were looked at. */
  readonly looked: number;
  /** Processes that could not be looked at; they are looked at again later. */
  readonly faults: readonly { readonly process: string; readonly error: unknown }[];
}

/** Runs the processes of one definition. Several instances may run the same ones. */
export class Runner<S, E extends Json> {
  private readonly stream: ProcessStream<S, E>;
  private readonly kind: string;

  /** @param owner the name of the service whose processes these are: its events say `service:<owner>`. */
  constructor(
    owner: string,
    definition: Definition<S, E>,
    private readonly ports: Ports,
    private readonly bounds: Bounds = defaultBounds,
  ) {
    this.stream = new ProcessStream(owner, definition, ports.store, bounds);
    this.kind = definition.name;
  }

  read(process: string): Promise<Instance<S, E>> {
    return this.stream.load(process);
  }

  /**
   * Takes a message. Once it is taken the process will go on, whatever happens to this instance.
   * A rejected promise means *unknown*: send the same message again.
   */
  receive(process: string, { id, content, asked, causation = null, traceparent = null }: Message): Promise<Taken> {
    const judge: Judge<S, E> = (instance, now) => {
      const earlier = instance.messages.get(id);
      if (earlier !== undefined) return earlier === hashOfText(contentText(content)) ? null : idConflict(id);
      if (instance.ended) return { code: 'process_ended', detail: `${process} has ended.` };
      if (instance.messages.size >= this.bounds.messages)
        return { code: 'too_many_messages', detail: `${process} takes ${this.bounds.messages} messages at most.` };
      const events = heard(instance, { type: 'message', content }, now, this.bounds);
      if (isRejection(events)) return events;
      const who = asked ? { actor: asked.actor, correlation: asked.correlation ?? null } : null;
      return [{ type: 'MessageReceived', at: now, id, content, asked: who }, ...events];
    };
    return this.take(process, judge, () => ({ causation, traceparent }));
  }

  /** Takes a decision about an approval, with the same promise as `receive`. */
  decide(process: string, decision: Decision): Promise<Taken> {
    const { id, step, verdict, sha256, by } = decision;
    const judge: Judge<S, E> = (instance, now) => {
      const earlier = instance.decisions.get(id);
      const type = verdict === 'approve' ? 'ApprovalGiven' : 'ApprovalDeclined';
      if (earlier) {
        const same = earlier.type === type && earlier.step === step && earlier.sha256 === sha256 && earlier.by === by;
        return same ? null : idConflict(id);
      }
      if (instance.ended) return { code: 'process_ended', detail: `${process} has ended.` };
      const rejection = refuseDecision(instance, decision, now);
      if (rejection) return rejection;
      const signal = { type: verdict === 'approve' ? 'approved' : 'declined', step, by } as const;
      return [{ type, at: now, id, step, sha256, by }, ...decided(instance, signal, now, this.bounds)];
    };
    return this.take(process, judge, lastEventOf);
  }

  /**
   * Takes the timers that are due and does what their processes owe. For whoever holds the lease, as long as it does; others do nothing.
   * @param stop begins nothing more once it is aborted; what is under way ends by itself.
   */
  async takeDue(stop?: AbortSignal): Promise<Slice> {
    const { lease, timers, clock } = this.ports;
    const faults: { process: string; error: unknown }[] = [];
    if (!(await lease.held())) return { held: false, looked: 0, faults };
    const left = [...(await timers.due(clock(), this.bounds.timersPerSlice))];
    let looked = 0;
    const work = async (): Promise<void> => {
      // Looks take their time, and another may have taken over meanwhile.
      while (left.length > 0 && !stop?.aborted && (await lease.held())) {
        const timer = left.shift();
        if (!timer) return;
        looked += 1;
        const error = await this.look(timer);
        if (error !== null) faults.push({ process: timer.process, error });
      }
    };
    await Promise.all(Array.from({ length: this.bounds.concurrentCalls }, work));
    return { held: true, looked, faults };
  }

  /** Does what the process owes now, until it waits for something. Any instance may, at any time. */
  async advance(process: string): Promise<void> {
    const { timers, clock } = this.ports;
    let begun: string | null = null;
    for (let step = 0; step < this.bounds.stepsPerLook; step += 1) {
      const instance = await this.stream.load(process);
      const { version } = instance;
      const todo = plan(instance, clock(), this.bounds);
      switch (todo.do) {
        case 'nothing':
          return timers.clear(process, version);
        case 'rest':
          return timers.set({ process, version, at: todo.until });
        case 'append': {
          const appended = await this.stream.append(instance, todo.events, lastEventOf(instance));
          const [first] = todo.events;
          begun = appended && first?.type === 'CallSent' ? first.id : null;
          break;
        }
        case 'send': {
          await timers.set({ process, version, at: clock() + this.bounds.callMs });
          const causation = eventName(process, instance.callVersion);
          const answer = await this.answerTo({ ...todo.call, causation }, begun === todo.call.id);
          begun = null;
          if (answer === null) return timers.set({ process, version, at: clock() + this.pauseAfterUnknown(clock() - instance.at) });
          await this.stream.append(instance, answered(instance, answer, clock(), this.bounds), { causation, traceparent: null });
        }
      }
    }
    const { version } = await this.stream.load(process);
    return timers.set({ process, version, at: clock() });
  }

  /** The longer an outcome has been unknown, the more rarely it is asked for. @param forMs since the call was recorded. */
  private pauseAfterUnknown(forMs: number): number {
    const { retryMs, longestRetryMs } = this.bounds;
    return Math.max(retryMs, Math.min(longestRetryMs, forMs / 4));
  }

  /** The answer, or null where it is unknown. A call that another may have sent is asked for before it is sent again. */
  private async answerTo({ id, step, content, causation }: SentCall, fresh: boolean): Promise<Answer | null> {
    const { calls, unknown } = this.ports;
    const call = { id, step, content, causation };
    try {
      return (fresh ? null : await calls.lookup(call)) ?? (await calls.send(call));
    } catch (why) {
      unknown?.(call, why);
      return null;
    }
  }

  private async look(timer: Timer): Promise<unknown> {
    try {
      await this.advance(timer.process);
      return null;
    } catch (error) {
      const { timers, clock } = this.ports;
      // The row stays where this fails too; either way the process is looked at again.
      await timers.set({ ...timer, at: clock() + this.bounds.retryMs }).catch(() => {});
      return error;
    }
  }

  private async take(process: string, judge: Judge<S, E>, causeOf: (instance: Instance<S, E>) => Cause): Promise<Taken> {
    const { timers, clock } = this.ports;
    const refused = refuseProcessId(this.kind, process);
    if (refused) return { status: 'rejected', rejection: refused };
    for (let offer = 0; offer < this.bounds.appends; offer += 1) {
      const instance = await this.stream.load(process);
      const events = judge(instance, instance.now(clock()));
      if (events !== null && isRejection(events)) return { status: 'rejected', rejection: events };
      if (events !== null && !(await this.stream.append(instance, events, causeOf(instance)))) continue;
      await timers.set({ process, version: instance.version + (events?.length ?? 0), at: clock() });
      return { status: 'taken', again: events === null };
    }
    return { status: 'rejected', rejection: { code: 'busy', detail: `Others write to ${process} all the time. Send this again.` } };
  }
}

/** The events to append, null where they are there already, or why not. */
type Judge<S, E extends Json> = (instance: Instance<S, E>, now: number) => readonly Recorded[] | Rejection | null;

/** What follows from a process as it stands. */
const lastEventOf = <S, E extends Json>({ id, version }: Instance<S, E>): Cause => ({
  causation: version === 0 ? null : eventName(id, version),
  traceparent: null,
});

const idConflict = (id: string): Rejection => ({ code: 'id_conflict', detail: `The id ${id} was used before for something else.` });
