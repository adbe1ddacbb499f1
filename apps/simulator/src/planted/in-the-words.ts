import type { Answer, Decision, LedgerEvent, Rejection } from '@mizan/ledger';
import { deciding } from './deciding.js';
import type { Planted } from './planted.js';

/** A refusal that is told, and recorded where it is, as another. */
function refusedAs(decision: Decision, other: Partial<Rejection>, where: 'told' | 'told and recorded'): Decision {
  const { answer } = decision;
  if (answer.status !== 'rejected') return decision;
  const rejection = { ...answer.rejection, ...other };
  if (answer.event === null || where === 'told') return { ...decision, answer: { ...answer, rejection } };
  const event = { ...answer.event, rejection };
  return { events: [event], answer: { ...answer, rejection, event } };
}

const rejectionIn = ({ answer }: Decision): Rejection | null =>
  answer.status === 'rejected' && !answer.replayed ? answer.rejection : null;
const recorded = ({ events }: Decision): boolean => events.length > 0;

/** The event with other words beside it. */
function worded({ events: [event], answer }: Decision, metadata: Readonly<Record<string, string>>): Decision {
  const other = { ...event, texts: { reference: null, ...(event as { texts?: object }).texts, metadata } } as unknown as LedgerEvent;
  return { events: [other], answer: { ...answer, event: other } as Answer } as Decision;
}

export const inTheWords: readonly Planted[] = [
  deciding('a capture without the metadata of its hold', /HoldCaptured \S+: its metadata should be/, (decide, facts, command, now) => {
    const decision = decide(facts, command, now);
    const inherits = command.op === 'capture' && Object.keys(command.texts.metadata).length === 0;
    return inherits && decision.events[0]?.type === 'HoldCaptured' ? worded(decision, {}) : decision;
  }),
  deciding('an account that is closed without its metadata', /AccountClosed \S+: its metadata should be/, (decide, facts, command, now) => {
    const decision = decide(facts, command, now);
    return decision.events[0]?.type === 'AccountClosed' ? worded(decision, {}) : decision;
  }),
  deciding('a conflict that names another field', /was id_conflict at nonsense, which was right at no length/, (decide, ...asked) => {
    const decision = decide(...asked);
    return rejectionIn(decision)?.code === 'id_conflict' ? refusedAs(decision, { field: 'nonsense' }, 'told') : decision;
  }),
  deciding('a conflict that names a later field', /was id_conflict at \w+, which was right at no length/, (decide, ...asked) => {
    const decision = decide(...asked);
    return rejectionIn(decision)?.field === 'debit' ? refusedAs(decision, { field: 'credit' }, 'told') : decision;
  }),
  deciding('a refusal that names another account', /was account_\w+ of zz, which was right at no length/, (decide, ...asked) => {
    const decision = decide(...asked);
    const named = rejectionIn(decision)?.code.startsWith('account_') && !recorded(decision);
    return named ? refusedAs(decision, { account: 'zz' }, 'told') : decision;
  }),
  deciding(
    'a recorded refusal that names the other account',
    /it is refused as (\w+) of \S+, and should be as \1 of \S+/,
    (decide, facts, command, now) => {
      const decision = decide(facts, command, now);
      const account = rejectionIn(decision)?.account;
      if (!account || !recorded(decision) || !('debit' in command)) return decision;
      return refusedAs(decision, { account: account === command.debit ? command.credit : command.debit }, 'told and recorded');
    },
  ),
  deciding('a refusal told otherwise than recorded', /as limit_exceeded of \S+, where there is insufficient_funds/, (decide, ...asked) => {
    const decision = decide(...asked);
    const poor = rejectionIn(decision)?.code === 'insufficient_funds';
    return poor ? refusedAs(decision, { code: 'limit_exceeded' }, 'told') : decision;
  }),
];
