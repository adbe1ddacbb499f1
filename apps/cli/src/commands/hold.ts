import type { HoldCapture, NewHold } from '@mizan/client';
import type { HoldBody } from '@mizan/contracts';
import { type Money, minorUnits, money } from '../amount.js';
import { fromMoment } from '../moment.js';
import type { Session } from '../session.js';
import type { Column } from '../table.js';
import { type WordOptions, type WriteOptions, accountNow, idOf, sent, showEntry, wordsOf } from '../writing.js';

export interface HoldOptions extends WriteOptions, WordOptions {
  readonly debit: string;
  readonly credit: string;
  readonly amount: string;
  readonly expiresAt?: string;
}

export interface CaptureOptions extends WriteOptions, WordOptions {
  readonly amount?: string;
  readonly keepRest?: true;
  readonly effectiveAt?: string;
}

export async function createHold(session: Session, options: HoldOptions): Promise<void> {
  const ledger = await session.ledger();
  // As with a transfer: a hold that names a wrong account would spend its id.
  const { asset, exponent } = await accountNow(session, ledger, options.debit);
  await accountNow(session, ledger, options.credit);
  const hold: NewHold = {
    id: idOf(options),
    debit: options.debit,
    credit: options.credit,
    amount: minorUnits(options.amount, asset, exponent),
    ...(options.expiresAt === undefined ? {} : { expiresAt: fromMoment(options.expiresAt) }),
    ...wordsOf(options),
  };
  const placed = await sent(session, options, { ledger, ...hold }, () => session.client.placeHold(ledger, hold));
  if (placed) await show(session, ledger, placed);
}

export async function showHold(session: Session, id: string): Promise<void> {
  const ledger = await session.ledger();
  await show(session, ledger, await session.client.hold(ledger, id));
}

export async function captureHold(session: Session, id: string, options: CaptureOptions): Promise<void> {
  const { client } = session;
  const ledger = await session.ledger();
  const { asset, debit } = await client.hold(ledger, id);
  const capture: HoldCapture = {
    id: idOf(options),
    ...(options.amount === undefined ? {} : { amount: minorUnits(options.amount, asset, await session.exponentOf(ledger, asset, debit)) }),
    ...(options.keepRest ? { final: false } : {}),
    ...(options.effectiveAt === undefined ? {} : { effectiveAt: fromMoment(options.effectiveAt) }),
    ...wordsOf(options),
  };
  const entry = await sent(session, options, { ledger, hold: id, ...capture }, () => client.captureHold(ledger, id, capture));
  if (entry) await showEntry(session, ledger, entry);
}

export async function releaseHold(session: Session, hold: string, options: WriteOptions): Promise<void> {
  const ledger = await session.ledger();
  const id = idOf(options);
  const released = await sent(session, options, { ledger, hold, id }, () => session.client.releaseHold(ledger, hold, id));
  if (released) await show(session, ledger, released);
}

async function show(session: Session, ledger: string, hold: HoldBody): Promise<void> {
  const exponent = await session.exponentOf(ledger, hold.asset, hold.debit);
  await session.output.one(columns(exponent), hold);
}

const columns = (exponent: number): readonly Column<HoldBody>[] => {
  const amount = (title: 'amount' | 'captured' | 'released' | 'remaining'): Column<HoldBody> => ({
    title,
    cell: (hold): Money => money(hold[title], exponent),
    align: 'right',
  });
  return [
    { title: 'hold', cell: ({ id }) => id },
    { title: 'status', cell: ({ status }) => status },
    { title: 'debit', cell: ({ debit }) => debit },
    { title: 'credit', cell: ({ credit }) => credit },
    { title: 'asset', cell: ({ asset }) => asset },
    amount('amount'),
    amount('captured'),
    amount('released'),
    amount('remaining'),
    { title: 'expires', cell: ({ expiresAt }) => (expiresAt === null ? null : { at: expiresAt }) },
    { title: 'reference', cell: ({ reference }) => reference, gives: true },
  ];
};
