// How long other commands wait while 100,000 holds fall due at the same moment.
import { setTimeout as pause } from 'node:timers/promises';
import { clientOf, sendAll } from './asking.js';
import { startPostingSide } from './posting-side.js';

const HOLDS = 100_000;
const ACCOUNTS = 1_000;
const QUIET = 100;
const ASKERS = 4;
/** Between two transfers of one asker, ms: a light load, so that what is measured is the wait for the storm. */
const THINKING_MS = 5;
/** How long the holds take to be placed at the most, and the calm before the storm, ms. */
const PLACING_MS = 25_000;
const CALM_MS = 4_000;
const LEDGER = 'storm';

const posting = await startPostingSide({ oldSpaceMb: 512 });
const client = clientOf(posting);
try {
  await client.putLedger(LEDGER);
  const open = (prefix: string) => (i: number) => ({ op: 'open', id: `${prefix}:${i}`, type: 'liability', asset: 'CZK' }) as const;
  await sendAll(client, LEDGER, ACCOUNTS, open('clients'));
  await sendAll(client, LEDGER, QUIET, open('quiet'));
  const due = Date.now() + PLACING_MS;
  const expiresAt = new Date(due).toISOString();
  await sendAll(client, LEDGER, HOLDS, (i) => ({
    op: 'hold',
    id: `h${i}`,
    debit: `clients:${i % ACCOUNTS}`,
    credit: `clients:${(i + 1) % ACCOUNTS}`,
    amount: '1',
    expiresAt,
  }));
  const calmAt = due - CALM_MS;
  if (Date.now() > calmAt) throw new Error(`Placing took longer than ${PLACING_MS - CALM_MS} ms: the measurement would be none.`);
  await pause(calmAt - Date.now());

  let over = false;
  const waits: { readonly at: number; readonly ms: number }[] = [];
  const ask = async (asker: number): Promise<void> => {
    for (let n = 0; !over; n += 1) {
      const [debit, credit] = [`quiet:${(asker + n) % QUIET}`, `quiet:${(asker + n + 1) % QUIET}`];
      const [at, startedAt] = [Date.now(), performance.now()];
      await client.transfer(LEDGER, { id: `t${asker}:${n}`, debit, credit, amount: 1n });
      waits.push({ at, ms: performance.now() - startedAt });
      await pause(THINKING_MS);
    }
  };
  const asking = Array.from({ length: ASKERS }, (_, asker) => ask(asker));
  await pause(due - Date.now());
  // The last one placed expires last.
  while ((await client.hold(LEDGER, `h${HOLDS - 1}`)).status === 'placed') await pause(100);
  const endedAt = Date.now();
  over = true;
  await Promise.all(asking);

  const report = (what: string, some: typeof waits): void => {
    const sorted = some.map(({ ms }) => ms).sort((a, b) => a - b);
    const of = (share: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(1);
    process.stdout.write(
      `  ${what.padEnd(20)} ${String(sorted.length).padStart(6)} transfers   p50 ${of(0.5)} ms   p99 ${of(0.99)} ms   longest ${of(1)} ms\n`,
    );
  };
  process.stdout.write(
    `${HOLDS.toLocaleString('en')} holds due at once, expired within ${((endedAt - due) / 1000).toFixed(1)} s; commands on other accounts meanwhile:\n`,
  );
  report(
    'before the storm',
    waits.filter(({ at }) => at < due),
  );
  report(
    'during the storm',
    waits.filter(({ at }) => at >= due && at < endedAt),
  );
  process.stdout.write(`  transfers resident ${Math.round(await posting.residentMb())} MB\n`);
} finally {
  await client.close();
  await posting.stop();
}
