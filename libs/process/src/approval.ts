import { contentHash } from './content.js';
import type { Call, Json, Rejection } from './definition.js';
import type { Instance } from './instance.js';

/** What somebody decides about what a process asked for. */
export interface Decision {
  /** Of this message: the same again is the same decision. */
  readonly id: string;
  readonly step: string;
  readonly verdict: 'approve' | 'decline';
  /** SHA-256 of the canonical content that the checker saw, in hex. */
  readonly sha256: string;
  /** The actor who decides. */
  readonly by: string;
}

/** Why a decision is not taken, or null. */
export function refuseDecision<S, E extends Json>(instance: Instance<S, E>, decision: Decision, now: number): Rejection | null {
  const { step, sha256, by } = decision;
  const approval = instance.approvals.get(step);
  if (!approval) return { code: 'approval_not_asked', detail: `Nothing is to be approved in step ${step}.` };
  const { asked, status } = approval;
  if (status === 'expired' || (status === 'asked' && now >= Date.parse(asked.expiresAt)))
    return { code: 'approval_expired', detail: `The approval of step ${step} has expired.` };
  if (status !== 'asked') return { code: 'approval_decided', detail: `Step ${step} has been decided already.` };
  const next = instance.definition.next(instance.state, now, instance.id);
  if (instance.call || next.do !== 'approve' || next.step !== step)
    return { code: 'approval_withdrawn', detail: `The process no longer asks for step ${step}.` };
  if (sha256 !== asked.sha256)
    return { code: 'content_changed', detail: `What was seen is not what step ${step} asks for. Read it again, then decide.` };
  if (by === asked.maker) return { code: 'maker_is_checker', detail: `${by} asked for step ${step}, so another has to decide.` };
  return null;
}

/** The step whose approval a call has, where it was given and has expired since: also between two attempts. Null where it has not. */
export function lapsedApproval<S, E extends Json>(instance: Instance<S, E>, { approvedIn }: Call, now: number): string | null {
  const approval = approvedIn === undefined ? undefined : instance.approvals.get(approvedIn);
  return approval?.status === 'given' && now >= Date.parse(approval.asked.expiresAt) ? approval.asked.step : null;
}

/** @throws where a call names an approval that was not given, is used, or was of other content: a bug of the process. */
export function checkApproved<S, E extends Json>(instance: Instance<S, E>, { step, approvedIn, content }: Call): void {
  if (approvedIn === undefined) return;
  const approval = instance.approvals.get(approvedIn);
  if (approval?.status !== 'given') throw new Error(`Step ${step} of ${instance.id} has no unused approval from step ${approvedIn}.`);
  if (approval.asked.sha256 !== contentHash(content)) throw new Error(`Step ${step} of ${instance.id} is not what was approved.`);
}
