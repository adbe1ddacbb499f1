import type { Account } from './account.js';
import type { Answer, Decision, GroupAnswer, Refused } from './answer.js';
import { Book } from './book.js';
import { type Group, MAX_GROUP_BYTES } from './command.js';
import { decide } from './decide.js';
import type { AccountOpened, CommandEvent, TransferRejected } from './events.js';
import type { Entry, Facts } from './facts.js';
import type { Hold } from './hold.js';
import type { Rejection } from './rejection.js';

/** The book as the members of a group see it: what they did so far, over what stands. */
class Draft extends Book {
  constructor(private readonly standing: Facts) {
    super((asset) => standing.exponent(asset));
    this.ledger = standing.ledger;
  }

  override account(id: string): Account | undefined {
    return super.account(id) ?? this.standing.account(id);
  }

  override opening(account: string): AccountOpened | undefined {
    return super.opening(account) ?? this.standing.opening(account);
  }

  override hold(id: string): Hold | undefined {
    return super.hold(id) ?? this.standing.hold(id);
  }

  override entry(id: string): Entry | undefined {
    return super.entry(id) ?? this.standing.entry(id);
  }

  override command(id: string): CommandEvent | undefined {
    return super.command(id) ?? this.standing.command(id);
  }
}

/**
 * Decides a group: its commands one by one in order, each seeing the ones before it, all or nothing.
 * A member that was applied before counts as done. Of a failed group at most one event remains: the culprit's
 * recorded rejection.
 */
export function decideGroup(facts: Facts, group: Group, now: number): Decision<GroupAnswer> {
  const draft = new Draft(facts);
  const events: CommandEvent[] = [];
  const answers: Answer[] = [];
  for (const [place, command] of group.operations.entries()) {
    const { answer } = decide(draft, command, now);
    if (answer.status === 'rejected') return failed(facts, group, place, answer);
    if (!answer.replayed) {
      draft.apply(answer.event);
      events.push(answer.event);
    }
    answers.push(answer);
  }
  return bound(facts, events, answers);
}

/** Every event of a group that was done names the first and last position of the whole. */
function bound({ ledger }: Facts, events: readonly CommandEvent[], answers: readonly Answer[]): Decision<GroupAnswer> {
  const group = { first: ledger.position + 1, last: ledger.position + events.length };
  const members = new Map(events.map((event) => [event, { ...event, group }]));
  const named = answers.map((answer) => ({ ...answer, event: members.get(answer.event!) ?? answer.event }) as Answer);
  return { events: [...members.values()], answer: { status: 'applied', rejection: null, answers: named } };
}

function failed({ ledger }: Facts, group: Group, culprit: number, answer: Refused): Decision<GroupAnswer> {
  const fresh = answer.replayed ? null : answer.event;
  const event: TransferRejected | null = fresh && { ...fresh, position: ledger.position + 1, inGroup: true };
  const rejection = groupFailed(culprit, answer.rejection);
  const answers = fates(group, rejection, culprit, { ...answer, event: event ?? answer.event });
  return { events: event ? [event] : [], answer: { status: 'rejected', rejection, answers } };
}

/** Why the innocent members of a group, and the group itself, were refused. */
export function groupFailed(culprit: number, { code, field }: { readonly code: string; readonly field?: string }): Rejection {
  const detail = `operations/${culprit} was refused (${code}), so nothing of the group was done.`;
  return { code: 'group_failed', detail, field: `operations/${culprit}${field ? `/${field}` : ''}` };
}

/**
 * The answer to a group whose events would take more than MAX_GROUP_BYTES as they are stored. The ledger counts
 * no bytes: whoever encodes the events looks, and throws the decision away. It spends nothing.
 */
export function groupTooLarge(group: Group, bytes: number): GroupAnswer {
  const detail = `The group would take ${bytes} bytes in the journal; ${MAX_GROUP_BYTES} is the most. Send fewer operations together.`;
  const rejection: Rejection = { code: 'group_too_large', detail };
  return { status: 'rejected', rejection, answers: fates(group, { code: 'group_failed', detail }) };
}

function fates(group: Group, rejection: Rejection, culprit?: number, answer?: Answer): readonly Answer[] {
  const innocent: Answer = { status: 'rejected', replayed: false, rejection, event: null };
  return group.operations.map((_, place) => (place === culprit && answer ? answer : innocent));
}
