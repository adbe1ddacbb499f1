import { randomBytes } from 'node:crypto';
import { MizanProblem, type NewTransfer } from '@mizan/client';
import type { AccountBody } from '@mizan/contracts';
import { minorUnits } from '../amount.js';
import { entryColumns, rowsOf } from '../entry-rows.js';
import { metadataOf } from '../metadata-flag.js';
import { fromMoment } from '../moment.js';
import type { Session } from '../session.js';

export interface TransferOptions {
  readonly debit: string;
  readonly credit: string;
  readonly amount: string;
  readonly id?: string;
  readonly effectiveAt?: string;
  readonly reference?: string;
  readonly metadata?: readonly string[];
  readonly dryRun?: true;
}

export async function createTransfer(session: Session, options: TransferOptions): Promise<void> {
  const { client, output } = session;
  const ledger = await session.ledger();
  // Both accounts are looked at before anything is sent: a transfer that names a wrong one would spend its id.
  const { asset, exponent } = await accountNow(session, ledger, options.debit);
  await accountNow(session, ledger, options.credit);
  const transfer: NewTransfer = {
    id: options.id ?? `cli:${randomBytes(12).toString('base64url')}`,
    debit: options.debit,
    credit: options.credit,
    amount: minorUnits(options.amount, asset, exponent),
    ...(options.effectiveAt === undefined ? {} : { effectiveAt: fromMoment(options.effectiveAt) }),
    ...(options.reference === undefined ? {} : { reference: options.reference }),
    ...(options.metadata ? { metadata: metadataOf(options.metadata) } : {}),
  };
  if (options.dryRun) return output.document({ ledger, ...transfer });
  if (options.id === undefined) output.say(`id ${transfer.id}`);
  const { body, replayed } = await client.transfer(ledger, transfer);
  if (replayed) output.note(`${transfer.id} had been posted before; nothing was done again.`);
  if (output.isJson) await output.document(body);
  else await output.rows(entryColumns, rowsOf(body, exponent));
}

export async function showTransfer(session: Session, id: string): Promise<void> {
  const { client, output } = session;
  const ledger = await session.ledger();
  const entry = await client.entry(ledger, id);
  if (output.isJson) return output.document(entry);
  const first = entry.postings[0];
  await output.rows(entryColumns, rowsOf(entry, first ? await session.exponentOf(ledger, first.asset, first.account) : 0));
}

/** An account that the read model does not know may have been opened a moment ago: then it is asked for as of now. */
async function accountNow({ client }: Session, ledger: string, account: string): Promise<AccountBody> {
  try {
    return await client.account(ledger, account);
  } catch (error) {
    if (!(error instanceof MizanProblem) || error.code !== 'account_not_found') throw error;
    const { position } = await client.ledger(ledger);
    return client.account(ledger, account, { minPosition: position });
  }
}
