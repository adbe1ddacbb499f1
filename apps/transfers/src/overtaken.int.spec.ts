import { setTimeout as pause } from 'node:timers/promises';
import { journalStream } from '@mizan/contracts';
import { type Command, noTexts } from '@mizan/ledger';
import type { OpenLedgers } from '@mizan/writer/ledger';
import { carryOut, deposit, openLedgerWithAccounts, origin, startWriters, transfersDatabase } from './writing.fixture.js';

import.meta.jest.setTimeout(60_000);

let database: Awaited<ReturnType<typeof transfersDatabase>>;
let former: OpenLedgers;
let present: OpenLedgers;

beforeAll(async () => {
  database = await transfersDatabase();
  former = await startWriters(database.pool, database.store, { owner: 'http://127.0.0.1:1' });
  present = await startWriters(database.pool, database.store, { owner: 'http://127.0.0.1:2' });
}, 120_000);
afterAll(async () => {
  await former.stop(1_000);
  await present.stop(1_000);
  await database.drop();
});

const hold = (id: string, expiresAt: number | null): Command => ({
  op: 'hold',
  id,
  debit: 'clients:1',
  credit: 'bank:cash',
  amount: 5n,
  expiresAt,
  texts: noTexts,
});

/** A ledger whose lease has passed on, and whose new owner has loaded it, while the former one does not know yet. */
async function passedOn(uid: string): Promise<{ uid: string; tenant: string }> {
  const ledger = { uid, tenant: 'tenant-1' };
  await database.pool.query('INSERT INTO transfers.ledgers (uid, tenant, id, name) VALUES ($1, $2, $1, $1)', [uid, ledger.tenant]);
  await openLedgerWithAccounts(former, ledger, 1);
  await carryOut(former, ledger, deposit('first', 1, 10n));
  await database.pool.query('UPDATE transfers.leases SET until = clock_timestamp() WHERE ledger = $1', [uid]);
  await present.ask(ledger, [{ kind: 'lookup', id: 'nobody' }], origin);
  return ledger;
}

it('answers nothing that is older than what the former owner wrote last', async () => {
  const ledger = await passedOn('read');
  await carryOut(former, ledger, hold('late', null));
  const [found] = await present.ask(ledger, [{ kind: 'hold', id: 'late' }], origin);
  expect(found?.hold).toMatchObject({ id: 'late', status: 'placed' });
});

it('expires a hold that the former owner placed last, though nobody asks', async () => {
  const ledger = await passedOn('unasked');
  // Long enough for the former owner to have learned that the ledger is no longer its own.
  await carryOut(former, ledger, hold('late', Date.now() + 2_500));
  const lastType = async (): Promise<string> => {
    const [last] = await database.store.readBackwards(journalStream(ledger.uid), Infinity, 1);
    return (JSON.parse(last!.text) as { type: string }).type;
  };
  for (let looks = 0; looks < 200 && (await lastType()) !== 'HoldExpired'; looks++) await pause(100);
  expect(await lastType()).toBe('HoldExpired');
});
