import type { Answer } from './answer.js';
import type { Cancel, Command, PlaceHold } from './command.js';
import type { AccountOpened, CommandEvent, TransferRejected } from './events.js';
import type { Facts } from './facts.js';
import type { Posting } from './posting.js';
import { sameMetadata } from './texts.js';

/**
 * What was answered to this id the first time, or null where the id is new. A refusal that was recorded comes
 * back whatever the content; an applied command comes back to the same content, or to `cancel`; other content
 * is a conflict.
 */
export function earlierAnswer(facts: Facts, command: Command): Answer | null {
  const first = command.op === 'open' ? openingOf(facts, command.id) : facts.command(command.id);
  if (!first) return null;
  if (first.type === 'TransferRejected') return { status: 'rejected', replayed: true, rejection: first.rejection, event: first };
  const field = command.op === 'cancel' ? null : differingField(command, first);
  if (field === null) return { status: 'applied', replayed: true, event: first };
  const detail = `The id ${command.id} was used before with other content: ${field} differs. Send the same content again, or choose a new id.`;
  return { status: 'rejected', replayed: false, rejection: { code: 'id_conflict', detail, field }, event: null };
}

function openingOf(facts: Facts, account: string): AccountOpened | undefined {
  const opening = facts.opening(account);
  if (!opening && facts.account(account)) throw new Error(`The opening of ${account} was not loaded before deciding on it.`);
  return opening;
}

type Asked = Exclude<Command, Cancel>;
type Done = Exclude<CommandEvent, TransferRejected>;

/** The first field that differs, in the order of the body; null where the content is the same. Erased texts are not compared. */
function differingField(asked: Asked, first: Done): string | null {
  return differences(asked, first).find(([, differs]) => differs)?.[0] ?? null;
}

type Difference = readonly [field: string, differs: boolean];

function differences(asked: Asked, first: Done): readonly Difference[] {
  const done = first.command;
  const erased = first.texts === null;
  if (asked.op === 'open' && done.op === 'open')
    return [
      ['type', asked.type !== done.type],
      ['asset', asked.asset !== done.asset],
      ['minBalance', asked.minBalance !== done.minBalance],
      ['maxBalance', asked.maxBalance !== done.maxBalance],
      ['metadata', !erased && !sameMetadata(asked.texts.metadata, done.texts.metadata)],
    ];
  if (asked.op === 'transfer' && done.op === 'transfer')
    return [
      ...movementDifferences(asked, done),
      ['effectiveAt', asked.effectiveAt !== done.effectiveAt],
      ...textDifferences(asked, done, erased),
    ];
  if (asked.op === 'hold' && done.op === 'hold')
    return [...legDifferences(asked, done), ['expiresAt', asked.expiresAt !== done.expiresAt], ...textDifferences(asked, done, erased)];
  if (asked.op === 'capture' && done.op === 'capture')
    return [
      ['hold', asked.hold !== done.hold],
      ['amount', asked.amount !== done.amount],
      ['final', asked.final !== done.final],
      ['effectiveAt', asked.effectiveAt !== done.effectiveAt],
      ...textDifferences(asked, done, erased),
    ];
  if (asked.op === 'release' && done.op === 'release') return [['hold', asked.hold !== done.hold]];
  if (asked.op === 'reverse' && done.op === 'reverse')
    return [['entry', asked.entry !== done.entry], ['amount', asked.amount !== done.amount], ...textDifferences(asked, done, erased)];
  if (asked.op === 'close-period' && done.op === 'close-period') return [['through', asked.through !== done.through]];
  if (asked.op === 'update' && done.op === 'update')
    return [
      ['account', asked.account !== done.account],
      ['minBalance', asked.minBalance !== done.minBalance],
      ['maxBalance', asked.maxBalance !== done.maxBalance],
      ['frozen', asked.frozen !== done.frozen],
      ['metadata', !sameReplacement(asked.metadata, done.metadata, erased)],
    ];
  if ((asked.op === 'close' && done.op === 'close') || (asked.op === 'reopen' && done.op === 'reopen'))
    return [['account', asked.account !== done.account]];
  return [['op', true]];
}

type Movement = Extract<Asked, { op: 'transfer' }>;

/** The two forms of a transfer are different content, even where they would make the same entry. */
function movementDifferences(asked: Movement, done: Movement): readonly Difference[] {
  if ('postings' in asked) return [['postings', !('postings' in done) || !samePostings(asked.postings, done.postings)]];
  if ('postings' in done) return [['debit', true]];
  return [...legDifferences(asked, done), ['cap', asked.cap !== done.cap]];
}

type Legs = Pick<PlaceHold, 'debit' | 'credit' | 'amount'>;

const legDifferences = (asked: Legs, done: Legs): readonly Difference[] => [
  ['debit', asked.debit !== done.debit],
  ['credit', asked.credit !== done.credit],
  ['amount', asked.amount !== done.amount],
];

type Worded = Pick<PlaceHold, 'texts'>;

const textDifferences = ({ texts: asked }: Worded, { texts: done }: Worded, erased: boolean): readonly Difference[] => [
  ['reference', !erased && asked.reference !== done.reference],
  ['metadata', !erased && !sameMetadata(asked.metadata, done.metadata)],
];

function samePostings(left: readonly Posting[], right: readonly Posting[]): boolean {
  const same = (one: Posting, other: Posting | undefined) =>
    other !== undefined && one.account === other.account && one.side === other.side && one.amount === other.amount;
  return left.length === right.length && left.every((posting, place) => same(posting, right[place]));
}

type Replacement = Extract<Asked, { op: 'update' }>['metadata'];

function sameReplacement(left: Replacement, right: Replacement, erased: boolean): boolean {
  if (left === undefined || right === undefined) return left === right;
  return erased || sameMetadata(left, right);
}
