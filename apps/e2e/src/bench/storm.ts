// How long commands wait while 100,000 holds fall due at the same moment: on other accounts, in another ledger, and on accounts of
// the storm. `storm.js 2` puts all holds on two accounts.
import { setTimeout as pause } from 'node:timers/promises';
import type { MizanClient } from '@mizan/client';
import { clientOf, sendAll } from './asking.js';
import { startPostingSide } from './posting-side.js';

const HOLDS = 100_000;
const ACCOUNTS = Number(process.argv[2] ?? 1_000);
const QUIET = 100;
const ASKERS = 4;
const ASKERS_ELSEWHERE = 2;
/** Between two transfers of one asker, ms: a light load, so that what is measured is the wait for the storm. */
const THINKING_MS = 5;
/** How long the holds take to be placed at the most, and the calm before the storm, ms. */
const PLACING_MS = 25_000;
const CALM_MS = 4_000;
const LEDGER = 'storm';
const ELSEWHERE = 'elsewhere';

interface Wait {
  readonly at: number;
  readonly ms: number;
}

/** Posts one transfer after the other between quiet accounts until it is told to stop. */
async function ask(client: MizanClient, ledger: string, asker: number, waits: Wait[], isOver: () => boolean): Promise<void> {
  for (let n = 0; !isOver(); n += 1) {
    const [debit, credit] = [`quiet:${(asker + n) % QUIET}`, `quiet:${(asker + n + 1) % QUIET}`];
    const [at, startedAt] = [Date.now(), performance.now()];
    await client.transfer(ledger, { id: `t${asker}:${n}`, debit, credit, amount: 1n });
    waits.push({ at, ms: performance.now() - startedAt });
    await pause(THINKING_MS);
  }
}

function report(what: string, waits: readonly Wait[]): void {
  const sorted = waits.map(({ ms }) => ms).sort((a, b) => a - b);
  const of = (share: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(1);
  process.stdout.write(
    `  ${what.padEnd(32)} ${String(sorted.length).padStart(6)} transfers   p50 ${of(0.5)} ms   p99 ${of(0.99)} ms   longest ${of(1)} ms\n`,
  );
}

const posting = await startPostingSide({ oldSpaceMb: 512 });
const client = clientOf(posting);
try {
  const open = (prefix: string) => (i: number) => ({ op: 'open', id: `${prefix}:${i}`, type: 'liability', asset: 'CZK' }) as const;
  for (const ledger of [LEDGER, ELSEWHERE]) {
    await client.putLedger(ledger);
    await sendAll(client, ledger, QUIET, open('quiet'));
  }
  await sendAll(client, LEDGER, ACCOUNTS, open('clients'));
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
  const { position } = await client.ledger(LEDGER);
  const here: Wait[] = [];
  const elsewhere: Wait[] = [];
  const asking = [
    ...Array.from({ length: ASKERS }, (_, asker) => ask(client, LEDGER, asker, here, () => over)),
    ...Array.from({ length: ASKERS_ELSEWHERE }, (_, asker) => ask(client, ELSEWHERE, asker, elsewhere, () => over)),
  ];
  await pause(due - Date.now());
  const stormed = client
    .transfer(LEDGER, { id: 'stormed', debit: 'clients:0', credit: 'quiet:0', amount: 1n })
    .then(() => Date.now() - due);
  while ((await client.ledger(LEDGER)).position < position + HOLDS + here.length) await pause(50);
  const endedAt = Date.now();
  over = true;
  await Promise.all(asking);

  const took = endedAt - due;
  const rate = Math.round(HOLDS / (took / 1_000)).toLocaleString('en');
  process.stdout.write(
    `${HOLDS.toLocaleString('en')} holds on ${ACCOUNTS.toLocaleString('en')} accounts due at once, expired within ${(took / 1_000).toFixed(1)} s, ${rate} a second; ` +
      `a command on one of the accounts waited ${await stormed} ms. Commands on other accounts:\n`,
  );
  for (const [where, waits] of [
    ['here', here],
    ['in another ledger', elsewhere],
  ] as const) {
    report(
      `before the storm, ${where}`,
      waits.filter(({ at }) => at < due),
    );
    report(
      `during the storm, ${where}`,
      waits.filter(({ at }) => at >= due && at < endedAt),
    );
  }
  process.stdout.write(`  transfers resident ${Math.round(await posting.residentMb())} MB\n`);
} finally {
  await client.close();
  await posting.stop();
}
