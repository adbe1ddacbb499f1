import type { AccountChange, NewAccount } from '@mizan/client';
import type { AccountBody } from '@mizan/contracts';
import { isoExponent } from '@mizan/money';
import { type Money, minorUnits, money } from '../amount.js';
import { WrongUsage } from '../failure.js';
import { metadataOf } from '../metadata-flag.js';
import type { Session } from '../session.js';
import type { Column } from '../table.js';
import { type WriteOptions, accountNow, idOf, sent } from '../writing.js';

export interface OpenOptions {
  readonly type: AccountBody['type'];
  readonly asset: string;
  readonly minBalance?: string;
  readonly maxBalance?: string;
  readonly metadata?: readonly string[];
  readonly dryRun?: true;
}

export interface UpdateOptions extends WriteOptions {
  readonly minBalance?: string;
  readonly maxBalance?: string;
  readonly metadata?: readonly string[];
}

export interface FreezeOptions extends WriteOptions {
  readonly side: 'debits' | 'credits' | 'all';
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

export async function updateAccount(session: Session, account: string, options: UpdateOptions): Promise<void> {
  const { asset, exponent } = await accountNow(session, await session.ledger(), account);
  const limit = (name: 'minBalance' | 'maxBalance'): Partial<AccountChange> => {
    const text = options[name];
    if (text === undefined) return {};
    return { [name]: text === 'none' ? null : minorUnits(text, asset, exponent, { signed: true }) };
  };
  const change = {
    ...limit('minBalance'),
    ...limit('maxBalance'),
    ...(options.metadata ? { metadata: metadataOf(options.metadata) } : {}),
  };
  if (Object.keys(change).length === 0) throw new WrongUsage('Say what is to change: --min-balance, --max-balance or --metadata.');
  await sendChange(session, account, { id: idOf(options), ...change }, options);
}

export async function freezeAccount(
  session: Session,
  account: string,
  frozen: AccountBody['frozen'],
  options: WriteOptions,
): Promise<void> {
  await sendChange(session, account, { id: idOf(options), frozen }, options);
}

export async function endAccount(session: Session, op: 'close' | 'reopen', account: string, options: WriteOptions): Promise<void> {
  const { client, output } = session;
  const ledger = await session.ledger();
  const id = idOf(options);
  const send = () => (op === 'close' ? client.closeAccount(ledger, account, id) : client.reopenAccount(ledger, account, id));
  const body = await sent(session, options, { ledger, op, account, id }, send);
  if (body) await output.one(details, body);
}

async function sendChange(session: Session, account: string, change: AccountChange, options: WriteOptions): Promise<void> {
  const ledger = await session.ledger();
  const shown = { ledger, account, ...change };
  const body = await sent(session, options, shown, () => session.client.updateAccount(ledger, account, change));
  if (body) await session.output.one(details, body);
}

/** Of an asset of one's own, any account that has it knows the decimal places. */
async function exponentOf({ client }: Session, ledger: string, asset: string): Promise<number> {
  const iso = isoExponent(asset);
  if (iso !== undefined) return iso;
  for await (const { exponent } of client.accounts(ledger, { asset })) return exponent;
  throw new WrongUsage(`No account of ${asset} says yet how many decimal places it has. Open one without limits first.`);
}
