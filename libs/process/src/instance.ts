import type { Envelope } from '@mizan/contracts';
import { contentText, hashOfText } from './content.js';
import type { Definition, Json } from './definition.js';
import type { ApprovalAsked, ApprovalDecided, CallSent, Recorded } from './recorded.js';

export interface Approval {
  readonly asked: ApprovalAsked;
  readonly status: 'asked' | 'given' | 'declined' | 'expired' | 'used';
}

/** How a process began: its first message. */
export interface Beginning {
  /** Who recorded it: the service. */
  readonly actor: string;
  /** Ms since the epoch. */
  readonly at: number;
  readonly asked: Extract<Recorded, { type: 'MessageReceived' }>['asked'];
  readonly causation: string | null;
}

/** A process as its stream tells it: the state of its definition, and what the runtime has to know. */
export class Instance<S, E extends Json> {
  version = 0;
  state: S;
  /** The time of the process. */
  at = 0;
  /** The call whose answer is not recorded yet. */
  call: CallSent | null = null;
  /** The version of the event that recorded this call; 0 where there is none. */
  callVersion = 0;
  /** Null before the first message. */
  began: Beginning | null = null;
  ended = false;
  readonly approvals = new Map<string, Approval>();
  /** Hashes of the messages taken, by their ids. */
  readonly messages = new Map<string, string>();
  readonly decisions = new Map<string, ApprovalDecided>();
  readonly done = new Set<string>();
  private readonly refusals = new Map<string, number>();

  constructor(
    readonly definition: Definition<S, E>,
    readonly id: string,
  ) {
    this.state = definition.initial;
  }

  /** The number of the next attempt at a step. */
  attempt(step: string): number {
    return (this.refusals.get(step) ?? 0) + 1;
  }

  /** The time of the process at this moment of the clock. */
  now(clock: number): number {
    return Math.max(clock, this.at);
  }

  apply(event: Recorded, { actor, causation }: Pick<Envelope, 'actor' | 'causation'>): void {
    this.version += 1;
    this.at = event.at;
    switch (event.type) {
      case 'MessageReceived':
        this.began ??= { actor, asked: event.asked, at: event.at, causation };
        this.messages.set(event.id, hashOfText(contentText(event.content)));
        return;
      case 'CallSent':
        this.call = event;
        this.callVersion = this.version;
        if (event.approvedIn !== null) this.setApproval(event.approvedIn, 'used');
        return;
      case 'CallDone':
        this.call = null;
        this.done.add(event.step);
        return;
      case 'CallRefused':
        if (this.call?.approvedIn != null) this.setApproval(this.call.approvedIn, 'given');
        this.call = null;
        this.refusals.set(event.step, this.attempt(event.step));
        return;
      case 'ApprovalAsked':
        this.approvals.set(event.step, { asked: event, status: 'asked' });
        return;
      case 'ApprovalGiven':
      case 'ApprovalDeclined':
        this.decisions.set(event.id, event);
        this.setApproval(event.step, event.type === 'ApprovalGiven' ? 'given' : 'declined');
        return;
      case 'ApprovalExpired':
        this.setApproval(event.step, 'expired');
        return;
      case 'Decided':
        this.state = this.definition.evolve(this.state, this.understood(event.event, event.rules));
        return;
      case 'ProcessEnded':
        this.ended = true;
        return;
      case 'WaitEnded':
        return;
    }
  }

  /** An event of this program's version of the rules. @throws for one of a later version, and for an earlier one that nothing upcasts. */
  private understood(event: Json, rules: number): E {
    const { version, upcast } = this.definition;
    if (rules > version)
      throw new Error(`${this.id} was decided by version ${rules} of its rules; this program knows ${version}. Run a newer one.`);
    if (rules === version) return event as E;
    if (!upcast)
      throw new Error(`${this.id} was decided by version ${rules} of its rules, which nothing here makes version ${version} of.`);
    return upcast(event, rules);
  }

  private setApproval(step: string, status: Approval['status']): void {
    const approval = this.approvals.get(step);
    if (!approval) throw new Error(`No approval was asked for in step ${step} of ${this.id}.`);
    this.approvals.set(step, { ...approval, status });
  }
}
