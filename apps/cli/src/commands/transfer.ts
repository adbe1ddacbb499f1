import type { NewTransfer, Reversal, TwoLegTransfer } from '@mizan/client';
import type { CommandBody } from '@mizan/contracts';
import { minorUnits } from '../amount.js';
import { fromMoment } from '../moment.js';
import type { Session } from '../session.js';
import type { Column } from '../table.js';
import { type WordOptions, type WriteOptions, accountNow, idOf, sent, showEntry, wordsOf } from '../writing.js';

export interface TransferOptions extends WriteOptions, WordOptions {
  readonly debit: string;
  readonly credit: string;
  readonly amount: string;
  readonly cap?: NonNullable<TwoLegTransfer['cap']>;
  readonly effectiveAt?: string;
}

export interface ReverseOptions extends WriteOptions, WordOptions {
  readonly amount?: string;
}

export async function createTransfer(session: Session, options: TransferOptions): Promise<void> {
  const ledger = await session.ledger();
  // Both accounts are looked at before anything is sent: a transfer that names a wrong one would spend its id.
  const { asset, exponent } = await accountNow(session, ledger, options.debit);
  await accountNow(session, ledger, options.credit);
  const transfer: NewTransfer = {
    id: idOf(options),
    debit: options.debit,
    credit: options.credit,
    amount: minorUnits(options.amount, asset, exponent),
    ...(options.cap === undefined ? {} : { cap: options.cap }),
    ...(options.effectiveAt === undefined ? {} : { effectiveAt: fromMoment(options.effectiveAt) }),
    ...wordsOf(options),
  };
  const entry = await sent(session, options, { ledger, ...transfer }, () => session.client.transfer(ledger, transfer));
  if (entry) await showEntry(session, ledger, entry);
}

export async function showTransfer(session: Session, id: string): Promise<void> {
  const ledger = await session.ledger();
  await showEntry(session, ledger, await session.client.entry(ledger, id));
}

export async function reverseTransfer(session: Session, of: string, options: ReverseOptions): Promise<void> {
  const { client } = session;
  const ledger = await session.ledger();
  const [first] = (await client.entry(ledger, of)).postings;
  const amount = options.amount;
  const reversal: Reversal = {
    id: idOf(options),
    ...(amount === undefined || !first
      ? {}
      : { amount: minorUnits(amount, first.asset, await session.exponentOf(ledger, first.asset, first.account)) }),
    ...wordsOf(options),
  };
  const entry = await sent(session, options, { ledger, entry: of, ...reversal }, () => client.reverse(ledger, of, reversal));
  if (entry) await showEntry(session, ledger, entry);
}

const commandColumns: readonly Column<CommandBody>[] = [
  { title: 'id', cell: ({ id }) => id },
  { title: 'op', cell: ({ op }) => op },
  { title: 'status', cell: ({ status }) => status },
  { title: 'code', cell: ({ code }) => code ?? null },
  { title: 'position', cell: ({ position }) => position, align: 'right' },
  { title: 'detail', cell: ({ detail }) => detail ?? null, gives: true },
];

/** Gives an id up: it says `cancelled`, or what was done under the id before. */
export async function cancel(session: Session, id: string): Promise<void> {
  await session.output.one(commandColumns, (await session.client.cancel(await session.ledger(), id)).body);
}
