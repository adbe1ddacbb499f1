import type { NewAccount } from '@mizan/client';
import type { AccountBody } from '@mizan/contracts';
import { isoExponent } from '@mizan/money';
import { type Money, minorUnits, money } from '../amount.js';
import { WrongUsage } from '../failure.js';
import { metadataOf } from '../metadata-flag.js';
import type { Session } from '../session.js';
import type { Column } from '../table.js';

export interface OpenOptions {
  readonly type: AccountBody['type'];
  readonly asset: string;
  readonly minBalance?: string;
  readonly maxBalance?: string;
  readonly metadata?: readonly string[];
  readonly dryRun?: true;
}

const amount = (account: AccountBody, minor: string | null): Money | null => (minor === null ? null : money(minor, account.exponent));

const columns: readonly Column<AccountBody>[] = [
  { title: 'account', cell: ({ id }) => id, gives: true },
  { title: 'type', cell: ({ type }) => type },
  { title: 'asset', cell: ({ asset }) => asset },
  { title: 'posted', cell: (account) => amount(account, account.balances.posted), align: 'right' },
  { title: 'held', cell: (account) => amount(account, account.balances.held), align: 'right' },
  { title: 'available', cell: (account) => amount(account, account.balances.available), align: 'right' },
];

const details: readonly Column<AccountBody>[] = [
  ...columns,
  { title: 'floor', cell: (account) => amount(account, account.minBalance), align: 'right' },
  { title: 'ceiling', cell: (account) => amount(account, account.maxBalance), align: 'right' },
  { title: 'state', cell: ({ closed, frozen }) => (closed ? 'closed' : frozen === 'none' ? 'open' : `frozen: ${frozen}`) },
  { title: 'position', cell: ({ balances }) => balances.position, align: 'right' },
];

export async function listAccounts(session: Session, prefix: string | undefined, filter: { type?: string; asset?: string }): Promise<void> {
  const { client, output, world } = session;
  await output.rows(columns, client.accounts(await session.ledger(), { prefix, ...filter, signal: world.signal }));
}

export async function showAccount(session: Session, id: string): Promise<void> {
  await session.output.one(details, await session.client.account(await session.ledger(), id));
}

export async function openAccount(session: Session, id: string, options: OpenOptions): Promise<void> {
  const ledger = await session.ledger();
  const limit = async (name: 'minBalance' | 'maxBalance'): Promise<Partial<NewAccount>> => {
    const text = options[name];
    if (text === undefined) return {};
    return { [name]: minorUnits(text, options.asset, await exponentOf(session, ledger, options.asset), { signed: true }) };
  };
  const account: NewAccount = {
    id,
    type: options.type,
    asset: options.asset,
    ...(await limit('minBalance')),
    ...(await limit('maxBalance')),
    ...(options.metadata ? { metadata: metadataOf(options.metadata) } : {}),
  };
  if (options.dryRun) return session.output.document({ ledger, ...account });
  await session.output.one(details, (await session.client.openAccount(ledger, account)).body);
}

/** Of an asset of one's own, any account that has it knows the decimal places. */
async function exponentOf({ client }: Session, ledger: string, asset: string): Promise<number> {
  const iso = isoExponent(asset);
  if (iso !== undefined) return iso;
  for await (const { exponent } of client.accounts(ledger, { asset })) return exponent;
  throw new WrongUsage(`No account of ${asset} says yet how many decimal places it has. Open one without limits first.`);
}
