import { checkApproved, lapsedApproval } from './approval.js';
import type { Bounds } from './bounds.js';
import { contentHash } from './content.js';
import { type Call, type Json, type Rejection, type Signal, isRejection } from './definition.js';
import type { Instance } from './instance.js';
import type { Answer } from './ports.js';
import { instantText } from '@mizan/contracts';
import { type CallSent, type Recorded } from './recorded.js';

/** What the runtime does for a process as it stands. */
export type Plan =
  /** Append these, then look again. */
  | { readonly do: 'append'; readonly events: readonly Recorded[] }
  /** Its record stands in the stream. */
  | { readonly do: 'send'; readonly call: CallSent }
  | { readonly do: 'rest'; readonly until: number }
  /** Nothing is owed until a message comes. */
  | { readonly do: 'nothing' };

/** @throws where the definition asks for what it may not: a bug of the process. */
export function plan<S, E extends Json>(instance: Instance<S, E>, clock: number, bounds: Bounds): Plan {
  if (instance.ended) return { do: 'nothing' };
  // What is under way has to be known before anything else is begun.
  if (instance.call) return { do: 'send', call: instance.call };
  const now = instance.now(clock);
  const next = instance.definition.next(instance.state, now, instance.id);
  switch (next.do) {
    case 'nothing':
      return next;
    case 'wait':
      if (now < next.until) return { do: 'rest', until: next.until };
      return {
        do: 'append',
        events: [
          { type: 'WaitEnded', at: now, until: instantText(next.until) },
          ...decided(instance, { type: 'due', until: next.until }, now, bounds),
        ],
      };
    case 'call': {
      const lapsed = lapsedApproval(instance, next, now);
      return { do: 'append', events: lapsed ? expiredIn(instance, lapsed, now, bounds) : [begun(instance, next, now, bounds)] };
    }
    case 'approve': {
      const { step, content, maker, expiresAt } = next;
      const approval = instance.approvals.get(step);
      if (!approval) {
        const event: Recorded = {
          type: 'ApprovalAsked',
          at: now,
          step,
          content,
          sha256: contentHash(content),
          maker,
          expiresAt: instantText(expiresAt),
        };
        return { do: 'append', events: [event] };
      }
      if (approval.status !== 'asked') throw new Error(`${instance.id} asks again for step ${step}, which has been decided.`);
      if (approval.asked.sha256 !== contentHash(content)) throw new Error(`${instance.id} changed what it asks for in step ${step}.`);
      const until = Date.parse(approval.asked.expiresAt);
      if (now < until) return { do: 'rest', until };
      return { do: 'append', events: expiredIn(instance, step, now, bounds) };
    }
  }
}

function expiredIn<S, E extends Json>(instance: Instance<S, E>, step: string, now: number, bounds: Bounds): readonly Recorded[] {
  return [{ type: 'ApprovalExpired', at: now, step }, ...decided(instance, { type: 'expired', step }, now, bounds)];
}

function begun<S, E extends Json>(instance: Instance<S, E>, call: Call, now: number, bounds: Bounds): Recorded {
  const { step, content, approvedIn } = call;
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(step)) throw new Error(`'${step}' is no name of a step.`);
  if (instance.done.has(step)) throw new Error(`${instance.id} asks again for step ${step}, which is done.`);
  const attempt = instance.attempt(step);
  const attempts = Math.min(call.attempts, bounds.attempts);
  if (attempt > attempts) return { type: 'ProcessEnded', at: now, why: 'attempts_exhausted', step };
  checkApproved(instance, call);
  const id = `${instance.id}:${step}:${attempt}`;
  return { type: 'CallSent', at: now, step, attempt, id, content, attempts, approvedIn: approvedIn ?? null };
}

/** The events of the answer to the call that is under way. */
export function answered<S, E extends Json>(instance: Instance<S, E>, answer: Answer, clock: number, bounds: Bounds): readonly Recorded[] {
  const { call } = instance;
  if (!call) throw new Error(`${instance.id} waits for no answer.`);
  const now = instance.now(clock);
  const { step, id } = call;
  if (answer.status === 'done') {
    const done = { type: 'done', step, id, answer: answer.answer } as const;
    return [{ type: 'CallDone', at: now, step, id, answer: answer.answer }, ...decided(instance, done, now, bounds)];
  }
  const { rejection } = answer;
  const refused = { type: 'refused', step, id, rejection, last: call.attempt >= call.attempts } as const;
  return [{ type: 'CallRefused', at: now, step, id, rejection }, ...decided(instance, refused, now, bounds)];
}

/** What the process decides on a message, which it may reject. */
export function heard<S, E extends Json>(
  instance: Instance<S, E>,
  signal: Signal,
  now: number,
  bounds: Bounds,
): readonly Recorded[] | Rejection {
  const events = instance.definition.decide(instance.state, signal, now);
  if (isRejection(events)) return events;
  if (events.length > bounds.eventsPerSignal)
    throw new Error(`${instance.id} decides ${events.length} events on one signal; ${bounds.eventsPerSignal} are the most.`);
  return events.map((event) => ({ type: 'Decided', at: now, event, rules: instance.definition.version }));
}

/** What the process decides on what has happened already. */
export function decided<S, E extends Json>(instance: Instance<S, E>, signal: Signal, now: number, bounds: Bounds): readonly Recorded[] {
  const events = heard(instance, signal, now, bounds);
  if (isRejection(events)) throw new Error(`${instance.id} rejects what has happened (${signal.type}): ${events.code}.`);
  return events;
}
