import type { HoldCapture, NewHold } from '@mizan/client';
import type { HoldBody } from '@mizan/contracts';
import { type Money, minorUnits, money } from '../amount.js';
import { fromMoment } from '../moment.js';
import { type SearchOptions, first, searchOf } from '../search-flags.js';
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

export interface ListOptions extends SearchOptions {
  readonly status?: HoldBody['status'];
}

/** Found by the read models, which are waited for. */
export async function listHolds(session: Session, options: ListOptions): Promise<void> {
  const { filter, limit } = searchOf(options);
  const { client, output, world } = session;
  const ledger = await session.ledger();
  const { position } = await client.ledger(ledger);
  const holds = first(limit, client.holds(ledger, { ...filter, status: options.status, minPosition: position, signal: world.signal }));
  async function* rows(): AsyncGenerator<HoldRow> {
    for await (const hold of holds) yield await rowOf(session, ledger, hold);
  }
  await output.rows(columns, rows(), ({ hold }) => hold);
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
  const { output } = session;
  await (output.isJson ? output.one([], hold) : output.one(columns, await rowOf(session, ledger, hold)));
}

interface HoldRow {
  readonly hold: HoldBody;
  readonly exponent: number;
}

async function rowOf(session: Session, ledger: string, hold: HoldBody): Promise<HoldRow> {
  return { hold, exponent: await session.exponentOf(ledger, hold.asset, hold.debit) };
}

const amount = (title: 'amount' | 'captured' | 'released' | 'remaining'): Column<HoldRow> => ({
  title,
  cell: ({ hold, exponent }): Money => money(hold[title], exponent),
  align: 'right',
});

const columns: readonly Column<HoldRow>[] = [
  { title: 'hold', cell: ({ hold }) => hold.id },
  { title: 'status', cell: ({ hold }) => hold.status },
  { title: 'debit', cell: ({ hold }) => hold.debit },
  { title: 'credit', cell: ({ hold }) => hold.credit },
  { title: 'asset', cell: ({ hold }) => hold.asset },
  amount('amount'),
  amount('captured'),
  amount('released'),
  amount('remaining'),
  { title: 'expires', cell: ({ hold: { expiresAt } }) => (expiresAt === null ? null : { at: expiresAt }) },
  { title: 'reference', cell: ({ hold }) => hold.reference, gives: true },
];
