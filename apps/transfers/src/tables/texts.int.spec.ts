import { journalStream } from '@mizan/contracts';
import { StoreFeed } from '@mizan/messaging';
import { carryOut, deposit, openLedgerWithAccounts, startWriters, transfersDatabase } from '../writing.fixture.js';
import { textsBeside } from './texts.postgres.js';

import.meta.jest.setTimeout(60_000);

const ledger = { uid: 'u-1', tenant: 'tenant-1' };
const stream = journalStream(ledger.uid);

it('words erased beside a journal are null for its readers, and its events stay the same to the byte', async () => {
  const database = await transfersDatabase();
  const open = await startWriters(database.pool, database.store);
  try {
    await database.pool.query('INSERT INTO transfers.ledgers (uid, tenant, id, name) VALUES ($1, $2, $1, $1)', [ledger.uid, ledger.tenant]);
    await openLedgerWithAccounts(open, ledger, 1);
    await carryOut(open, ledger, deposit('t-1', 1, 10n, 'Jane Doe'));
    const texts = textsBeside(database.pool);
    const feed = new StoreFeed(database.store, (wanted) => texts.find(wanted));
    const last = async () => (await feed.stream(stream, 0, 100)).at(-1)!;

    const before = await last();
    expect(before.texts?.reference).toBe('Jane Doe');
    const { rows } = await database.pool.query<{ commitment: string }>('SELECT commitment FROM transfers.texts WHERE ledger = $1', [
      ledger.uid,
    ]);
    const commitments = rows.map(({ commitment }) => commitment);
    expect(before.event).toContain(commitments[0]!);
    expect(await texts.erase(stream, commitments)).toBe(1);
    expect(await last()).toEqual({ ...before, texts: null });
    expect(await texts.erase(stream, commitments)).toBe(0);
  } finally {
    await open.stop(1_000);
    await database.drop();
  }
});
