import type { BalanceBody } from '@mizan/contracts';
import { money } from '../amount.js';
import { type PastFlags, pastAsked } from '../moment.js';
import type { Session } from '../session.js';
import type { Column } from '../table.js';

const columns: readonly Column<BalanceBody>[] = [
  { title: 'account', cell: ({ account }) => account, gives: true },
  { title: 'asset', cell: ({ asset }) => asset },
  { title: 'posted', cell: ({ balances, exponent }) => money(balances.posted, exponent), align: 'right' },
  { title: 'held', cell: ({ balances, exponent }) => money(balances.held, exponent), align: 'right' },
  { title: 'available', cell: ({ balances, exponent }) => money(balances.available, exponent), align: 'right' },
  { title: 'debits', cell: ({ balances, exponent }) => money(balances.debits.posted, exponent), align: 'right' },
  { title: 'credits', cell: ({ balances, exponent }) => money(balances.credits.posted, exponent), align: 'right' },
  { title: 'position', cell: ({ position }) => position, align: 'right' },
];

export async function balance(session: Session, account: string, past: PastFlags = {}): Promise<void> {
  const asked = pastAsked(past);
  await session.output.one(columns, await session.client.balance(await session.ledger(), account, asked));
}
