import type { LedgerBody } from '@mizan/contracts';
import type { Session } from '../session.js';
import type { Column } from '../table.js';
import { type WriteOptions, idOf, sent } from '../writing.js';

const columns: readonly Column<LedgerBody>[] = [
  { title: 'ledger', cell: ({ id }) => id },
  { title: 'name', cell: ({ name }) => name, gives: true },
  { title: 'closed through', cell: ({ closedThrough }) => closedThrough },
  { title: 'position', cell: ({ position }) => position, align: 'right' },
];

/** One ledger, with the uid that names its journal among all streams. */
const ownColumns: readonly Column<LedgerBody>[] = [...columns, { title: 'uid', cell: ({ uid }) => uid }];

export async function listLedgers({ client, output }: Session): Promise<void> {
  await output.rows(columns, client.ledgers());
}

export async function createLedger({ client, output }: Session, id: string, options: { name?: string; dryRun?: true }): Promise<void> {
  const body = options.name === undefined ? {} : { name: options.name };
  if (options.dryRun) return output.document({ ledger: id, ...body });
  await output.one(ownColumns, (await client.putLedger(id, body)).body);
}

export async function showLedger(session: Session, id: string | undefined): Promise<void> {
  await session.output.one(ownColumns, await session.client.ledger(id ?? (await session.ledger())));
}

export async function closePeriod(session: Session, through: string, options: WriteOptions): Promise<void> {
  const ledger = await session.ledger();
  const period = { id: idOf(options), through };
  const closed = await sent(session, options, { ledger, ...period }, () => session.client.closePeriod(ledger, period));
  if (closed) await session.output.one(ownColumns, closed);
}
