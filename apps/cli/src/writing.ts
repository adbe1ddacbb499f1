import { randomBytes } from 'node:crypto';
import { MizanProblem, type Written } from '@mizan/client';
import type { AccountBody, EntryBody } from '@mizan/contracts';
import { entryColumns, rowsOf } from './entry-rows.js';
import { metadataOf } from './metadata-flag.js';
import type { Session } from './session.js';

/** The flags of every write. */
export interface WriteOptions {
  readonly id?: string;
  readonly dryRun?: true;
}

export interface WordOptions {
  readonly reference?: string;
  readonly metadata?: readonly string[];
}

/** The id that was given, or a new one. */
export const idOf = ({ id }: WriteOptions): string => id ?? `cli:${randomBytes(12).toString('base64url')}`;

export const wordsOf = ({ reference, metadata }: WordOptions): { reference?: string; metadata?: AccountBody['metadata'] } => ({
  ...(reference === undefined ? {} : { reference }),
  ...(metadata ? { metadata: metadataOf(metadata) } : {}),
});

/**
 * Sends a write. An id that was made here is printed before, so that the write can be sent again after a broken line.
 * @returns what it answers; null where it was only to be shown.
 */
export async function sent<T>(
  { output }: Session,
  options: WriteOptions,
  shown: { readonly id: string; readonly [field: string]: unknown },
  send: () => Promise<Written<T>>,
): Promise<T | null> {
  if (options.dryRun) {
    await output.document(shown);
    return null;
  }
  if (options.id === undefined) output.say(`id ${shown.id}`);
  const { body, replayed } = await send();
  if (replayed) output.note(`${shown.id} had been done before; nothing was done again.`);
  return body;
}

/** The postings of an entry, or its document. */
export async function showEntry(session: Session, ledger: string, entry: EntryBody): Promise<void> {
  const { output } = session;
  if (output.isJson) return output.document(entry);
  const exponents = new Map<string, number>();
  for (const { asset, account } of entry.postings)
    if (!exponents.has(asset)) exponents.set(asset, await session.exponentOf(ledger, asset, account));
  await output.rows(
    entryColumns,
    rowsOf(entry, (asset) => exponents.get(asset)!),
  );
}

/** An account that the read model does not know may have been opened a moment ago: then it is asked for as of now. */
export async function accountNow({ client }: Session, ledger: string, account: string): Promise<AccountBody> {
  try {
    return await client.account(ledger, account);
  } catch (error) {
    if (!(error instanceof MizanProblem) || error.code !== 'account_not_found') throw error;
    const { position } = await client.ledger(ledger);
    return client.account(ledger, account, { minPosition: position });
  }
}
