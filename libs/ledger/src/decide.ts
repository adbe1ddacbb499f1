import { assetUnknown, closeAccount, openAccount, reopenAccount, updateAccount } from './account-commands.js';
import type { Answer, Decision } from './answer.js';
import type { Cancel, Command, Group } from './command.js';
import type { CommandEvent, LedgerOpened, Recorded, TransferRejected } from './events.js';
import type { Facts, FactsNeeded } from './facts.js';
import { captureHold, placeHold, releaseHold } from './holding.js';
import { earlierAnswer } from './idempotency.js';
import { closePeriod } from './period.js';
import { postingsOf } from './posting.js';
import { type Rejection, isRecorded, isRejection } from './rejection.js';
import { reverseEntry } from './reversal.js';
import { noTexts } from './texts.js';
import { postTransfer } from './transfer.js';

/** The names of what must be at hand before this command, or any of this group, can be decided. */
export function factsNeeded(asked: Command | Group): FactsNeeded {
  const commands = commandsOf(asked);
  const openings = commands.filter(({ op }) => op === 'open').map(({ id }) => id);
  const holds = commands.flatMap((command) => ('hold' in command ? [command.hold] : []));
  const entries = commands.flatMap((command) => ('entry' in command ? [command.entry] : []));
  const ids = commands.filter(({ op }) => op !== 'open').map(({ id }) => id);
  return {
    accounts: [...new Set(commands.flatMap(accountsNamed))],
    openings: [...new Set(openings)],
    commands: [...new Set([...ids, ...holds, ...entries])],
    holds: [...new Set(holds)],
    entries: [...new Set(entries)],
  };
}

/**
 * The accounts that a command touches: those it names, those of the hold it captures or releases, and those of the
 * entry it reverses. Holds on them that have fallen due expire before the command is decided.
 */
export function accountsTouched(facts: Facts, asked: Command | Group): readonly string[] {
  return commandsOf(asked).flatMap((command) => {
    if ('hold' in command) {
      const hold = facts.hold(command.hold);
      return hold ? [hold.debit, hold.credit] : [];
    }
    if ('entry' in command) return facts.entry(command.entry)?.postings.map(({ account }) => account) ?? [];
    return accountsNamed(command);
  });
}

const commandsOf = (asked: Command | Group): readonly Command[] => (asked.op === 'group' ? asked.operations : [asked]);

function accountsNamed(command: Command): readonly string[] {
  switch (command.op) {
    case 'open':
      return [command.id];
    case 'transfer':
      return postingsOf(command).map(({ account }) => account);
    case 'hold':
      return [command.debit, command.credit];
    case 'update':
    case 'close':
    case 'reopen':
      return [command.account];
    case 'capture':
    case 'release':
    case 'reverse':
    case 'close-period':
    case 'cancel':
      return [];
  }
}

/** The first event of every journal. */
export function openLedger(facts: Facts, opening: { tenant: string; ledger: string; name: string }, now: number): LedgerOpened {
  if (facts.ledger.position !== 0) throw new Error(`The ledger ${opening.ledger} has been opened already.`);
  const { tenant, ledger, name } = opening;
  return { ...nextRecorded(facts, now), type: 'LedgerOpened', tenant, ledger, name };
}

/**
 * Decides one command whose shape has been read: the event to append, if any, and the answer to give once it is
 * durable. The checks come in the order of the rejection codes, and the first that fails is the answer.
 * @param now the wall clock, ms since the epoch; the journal's own time never goes back behind it.
 */
export function decide(facts: Facts, command: Command, now: number): Decision {
  if (facts.ledger.position === 0) throw new Error('Nothing can be decided in a ledger that has not been opened.');
  const unknown = command.op === 'open' ? assetUnknown(facts, command) : null;
  if (unknown) return { events: [], answer: refused(unknown, null) };
  const earlier = earlierAnswer(facts, command);
  if (earlier) return { events: [], answer: earlier };

  const recorded = nextRecorded(facts, now);
  const outcome = judge(facts, command, recorded);
  if (!isRejection(outcome)) return { events: [outcome], answer: { status: 'applied', replayed: false, event: outcome } };
  if (!isRecorded(command.op, outcome)) return { events: [], answer: refused(outcome, null) };
  const event = rejected(command, outcome, recorded);
  return { events: [event], answer: refused(outcome, event) };
}

/** What a new command does: the event it causes, or why it is refused. */
function judge(facts: Facts, command: Command, recorded: Recorded): CommandEvent | Rejection {
  switch (command.op) {
    case 'open':
      return openAccount(facts, command, recorded);
    case 'transfer':
      return postTransfer(facts, command, recorded);
    case 'hold':
      return placeHold(facts, command, recorded);
    case 'capture':
      return captureHold(facts, command, recorded);
    case 'release':
      return releaseHold(facts, command, recorded);
    case 'reverse':
      return reverseEntry(facts, command, recorded);
    case 'update':
      return updateAccount(facts, command, recorded);
    case 'close':
      return closeAccount(facts, command, recorded);
    case 'reopen':
      return reopenAccount(facts, command, recorded);
    case 'close-period':
      return closePeriod(facts, command, recorded);
    case 'cancel':
      return cancelled(command);
  }
}

function nextRecorded({ ledger }: Facts, now: number): Recorded {
  return { position: ledger.position + 1, recordedAt: Math.max(now, ledger.recordedAt), group: null };
}

const cancelled = ({ id }: Cancel): Rejection => ({
  code: 'cancelled',
  detail: `The id ${id} was given up before anything was done with it. Nothing will ever be done under it.`,
});

function rejected(command: Command, rejection: Rejection, recorded: Recorded): TransferRejected {
  const texts = 'texts' in command ? command.texts : noTexts;
  return { ...recorded, type: 'TransferRejected', command, texts, rejection, inGroup: false };
}

const refused = (rejection: Rejection, event: TransferRejected | null): Answer => ({
  status: 'rejected',
  replayed: false,
  rejection,
  event,
});
