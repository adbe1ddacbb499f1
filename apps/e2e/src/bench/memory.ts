// What 1,000,000 open accounts and 100,000 open holds take of the transfers process.
import { clientOf, sendAll } from './asking.js';
import { startPostingSide } from './posting-side.js';

const ACCOUNTS = 1_000_000;
const HOLDS = 100_000;
const LEDGER = 'large';
const FAR = '2099-01-01T00:00:00Z';

const posting = await startPostingSide({ oldSpaceMb: 1_200 });
const client = clientOf(posting);
const say = async (what: string, sinceMs: number): Promise<void> => {
  const seconds = ((performance.now() - sinceMs) / 1000).toFixed(1);
  process.stdout.write(`  ${what.padEnd(46)} ${seconds.padStart(6)} s   transfers resident ${Math.round(await posting.residentMb())} MB\n`);
};
try {
  await client.putLedger(LEDGER);
  process.stdout.write('One ledger in one transfers process\n');
  let since = performance.now();
  await sendAll(client, LEDGER, ACCOUNTS, (i) => ({
    op: 'open',
    id: `clients:${i}`,
    type: 'liability',
    asset: 'CZK',
    minBalance: '-1000000',
  }));
  await say('1,000,000 accounts opened', since);
  since = performance.now();
  await sendAll(client, LEDGER, HOLDS, (i) => ({
    op: 'hold',
    id: `hold:${i}`,
    debit: `clients:${i}`,
    credit: `clients:${(i * 7 + 1) % ACCOUNTS}`,
    amount: '250',
    expiresAt: FAR,
  }));
  await say('100,000 holds placed', since);
  await posting.restart();
  since = performance.now();
  // The first to ask may be told that it is still being loaded.
  while ((await client.hold(LEDGER, `hold:${HOLDS - 1}`).catch(() => null)) === null);
  await say('killed, started again, loaded', since);
  since = performance.now();
  await sendAll(client, LEDGER, HOLDS, (i) => ({ op: 'capture', id: `capture:${i}`, hold: `hold:${i}` }));
  await say('100,000 holds captured', since);
} finally {
  await client.close();
  await posting.stop();
}
