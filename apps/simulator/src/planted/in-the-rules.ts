import type { Account, Answer, Command, CommandEvent, Decision, Facts } from '@mizan/ledger';
import { altered, deciding } from './deciding.js';
import type { Planted } from './planted.js';

const unrecorded = (decision: Decision): Decision =>
  decision.answer.status === 'rejected' ? { events: [], answer: { ...decision.answer, event: null } } : decision;

/** The event with the command that was really sent in it. */
function asSent({ events: [event], answer }: Decision, command: Command): Decision {
  if (!event) return { events: [], answer };
  const sent = { ...event, command } as CommandEvent;
  return { events: [sent], answer: { ...answer, event: sent } as Answer };
}

export const inTheRules: readonly Planted[] = [
  deciding('reversal allowed twice', /should be (refused )?as reversal_exceeds_entry|reversed should be/, (decide, facts, command, now) =>
    decide(altered(facts, { entry: (id) => fresh(facts, id) }), command, now),
  ),
  deciding('limit on gross', /it is refused as insufficient_funds of \S+, and should be applied/, (decide, facts, command, now) => {
    const decision = decide(facts, command, now);
    if (command.op !== 'transfer' || !('postings' in command) || decision.events.length === 0) return decision;
    const gross = command.postings.find(({ account, side, amount }) => lowersBelow(facts.account(account), side, amount));
    if (!gross || decision.answer.status === 'rejected') return decision;
    const { position, recordedAt } = decision.answer.event;
    const rejection = { code: 'insufficient_funds', detail: 'Counted gross.', account: gross.account } as const;
    const refusal = {
      type: 'TransferRejected',
      position,
      recordedAt,
      group: null,
      command,
      texts: command.texts,
      rejection,
      inGroup: false,
    } as const;
    return { events: [refusal], answer: { status: 'rejected', replayed: false, rejection, event: refusal } };
  }),
  deciding('rejection not recorded', /which was right at no length/, (decide, ...asked) => {
    const decision = decide(...asked);
    return decision.answer.replayed || asked[1].op === 'cancel' ? decision : unrecorded(decision);
  }),
  deciding('cancel that spends nothing', /which was right at no length/, (decide, ...asked) => {
    const decision = decide(...asked);
    return asked[1].op !== 'cancel' || decision.answer.replayed ? decision : unrecorded(decision);
  }),
  deciding('a command sent again is done again', /its id was spent at #/, (decide, facts, command, now) =>
    decide(
      altered(facts, { command: () => undefined, ...(command.op === 'capture' && { command: (id: string) => facts.command(id) }) }),
      command,
      now,
    ),
  ),
  deciding(
    'other content under the same id taken for the same',
    /of other content than|was replayed applied, which was right at no length/,
    (decide, facts, command, now) => {
      const first = command.op === 'open' ? facts.opening(command.id) : facts.command(command.id);
      return first && first.type !== 'TransferRejected'
        ? { events: [], answer: { status: 'applied', replayed: true, event: first } }
        : decide(facts, command, now);
    },
  ),
  deciding('a closed period left open', /should be (refused )?as period_closed/, (decide, facts, command, now) =>
    decide(altered(facts, { ledger: { ...facts.ledger, closedThrough: null } }), command, now),
  ),
  deciding('a capture past a frozen account', /should be refused as account_frozen/, (decide, facts, command, now) => {
    const thawed = (id: string): Account | undefined => {
      const account = facts.account(id);
      return account && { ...account, frozen: 'none' };
    };
    return decide(command.op === 'capture' ? altered(facts, { account: thawed }) : facts, command, now);
  }),
  deciding('a final capture that keeps the rest', /HoldCaptured \S+: (hold|postings) should be/, (decide, facts, command, now) =>
    command.op === 'capture' && !facts.command(command.id)
      ? asSent(decide(facts, { ...command, final: false }, now), command)
      : decide(facts, command, now),
  ),
  deciding('time that goes back', /time goes back/, (decide, facts, command, now) =>
    decide(altered(facts, { ledger: { ...facts.ledger, recordedAt: 0 } }), command, now),
  ),
  deciding(
    'held money left out of what may overflow',
    /should be refused as balance_overflow|was balance_overflow of/,
    (decide, facts, command, now) => {
      const decision = decide(facts, command, now);
      const { answer } = decision;
      if (answer.status === 'applied' || answer.rejection.code !== 'balance_overflow') return decision;
      const idle = command.op === 'hold' ? { debitsPosted: 0n, creditsPosted: 0n } : { debitsHeld: 0n, creditsHeld: 0n };
      return decide(altered(facts, { account: (id) => ({ ...facts.account(id)!, ...idle }) }), command, now);
    },
  ),
  {
    name: 'group half applied',
    foundAs: /no group that was sent comes to this|which was not durable/,
    rules: ({ decideGroup }) => ({
      decideGroup: (facts, group, now) => {
        const decision = decideGroup(facts, group, now);
        const culprit = decision.answer.answers.findIndex(
          ({ status, ...rest }) => status === 'rejected' && 'rejection' in rest && rest.rejection.code !== 'group_failed',
        );
        if (decision.answer.status === 'applied' || culprit < 1) return decision;
        const half = decideGroup(facts, { ...group, operations: group.operations.slice(0, culprit) }, now);
        return { events: half.events, answer: decision.answer };
      },
    }),
  },
];

function fresh(facts: Facts, id: string): ReturnType<Facts['entry']> {
  const entry = facts.entry(id);
  return entry && { ...entry, reversed: 0n };
}

/** Whether a posting, alone, would take an account below its floor. */
function lowersBelow(account: Account | undefined, side: string, amount: bigint): boolean {
  if (!account || account.minBalance === null) return false;
  const byDebits = account.type === 'asset' || account.type === 'expense';
  if ((side === 'debit') === byDebits) return false;
  const net = account.debitsPosted - account.creditsPosted;
  return (byDebits ? net : -net) - amount < account.minBalance;
}
