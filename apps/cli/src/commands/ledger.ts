import type { LedgerBody } from '@mizan/contracts';
import type { Session } from '../session.js';
import type { Column } from '../table.js';

const columns: readonly Column<LedgerBody>[] = [
  { title: 'ledger', cell: ({ id }) => id },
  { title: 'name', cell: ({ name }) => name, gives: true },
  { title: 'closed through', cell: ({ closedThrough }) => closedThrough },
  { title: 'position', cell: ({ position }) => position, align: 'right' },
];

export async function listLedgers({ client, output }: Session): Promise<void> {
  await output.rows(columns, client.ledgers());
}

export async function createLedger({ client, output }: Session, id: string, options: { name?: string; dryRun?: true }): Promise<void> {
  const body = options.name === undefined ? {} : { name: options.name };
  if (options.dryRun) return output.document({ ledger: id, ...body });
  await output.one(columns, (await client.putLedger(id, body)).body);
}

export async function showLedger(session: Session, id: string | undefined): Promise<void> {
  await session.output.one(columns, await session.client.ledger(id ?? (await session.ledger())));
}
