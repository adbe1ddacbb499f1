import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { MizanClient, MizanProblem } from '@mizan/client';
import type { TrialBalanceBody } from '@mizan/contracts';
import { failingParts, isHalt } from './health.js';
import { type Home, readJson, root, writePrivate } from './home.js';
import type { Step } from './report.js';
import { runProgram } from './run-program.js';
import { StartProblem } from './start-problem.js';

const LEDGER = 'berka';
const CATCH_UP_TIMEOUT_MS = 120_000;

export interface DemoLedger {
  readonly ledger: string;
  readonly entries: number;
  readonly clients: number;
  readonly position: number;
  /** Debits minus credits of all accounts, minor units, for each asset. */
  readonly sums: readonly { readonly asset: string; readonly sum: string }[];
}

interface Access {
  readonly url: string;
  readonly apiKey: string;
  /** The accounts service's own address. */
  readonly accountsUrl: string;
}

/** What an import left in the home, once it was complete. */
interface Loaded {
  readonly entries: number;
}

/** The bank's history, loaded by the command line's own importer on the first start; later looked at as it is by now. */
export async function demoLedger(home: Home, { url, apiKey, accountsUrl }: Access, step: Step): Promise<DemoLedger | null> {
  const client = new MizanClient({ url, apiKey });
  try {
    const present = await hasLedger(client);
    const before = present ? await readJson<Loaded>(home.demoFile) : null;
    const { entries } = before ?? (await load(home, client, url, apiKey, step));
    const { position } = await client.ledger(LEDGER);
    const balance = await caughtUp(client, accountsUrl, position, step);
    if (balance === null) {
      step.noted('the books stand still before its end');
      return null;
    }
    const demo: DemoLedger = {
      ledger: LEDGER,
      entries,
      clients: balance.accounts.filter(({ account }) => account.startsWith('clients:')).length,
      position: balance.position,
      sums: balance.totals.map(({ asset, debits, credits }) => ({ asset, sum: String(BigInt(debits) - BigInt(credits)) })),
    };
    const counts = `${count(entries)} entries${before ? ' present' : ''}, ${count(demo.clients)} clients`;
    step.done(`${counts}, ${demo.sums.map(({ asset, sum }) => `sum ${sum} ${asset}`).join(', ')}`);
    return demo;
  } finally {
    await client.close();
  }
}

async function hasLedger(client: MizanClient): Promise<boolean> {
  try {
    await client.ledger(LEDGER);
    return true;
  } catch (error) {
    if (error instanceof MizanProblem && error.code === 'ledger_not_found') return false;
    throw error;
  }
}

/** An import that was broken off is simply done again: what was posted before is only found. */
async function load(home: Home, client: MizanClient, url: string, apiKey: string, step: Step): Promise<Loaded> {
  const command = join(root, 'apps', 'cli', 'bin', 'mizan.mjs');
  const watch = setInterval(() => {
    client.ledger(LEDGER).then(
      ({ position }) => step.progress(`loading: ${count(position)} events`),
      () => {},
    );
  }, 500);
  try {
    const said = await runProgram(command, ['import', 'berka', '--ledger', LEDGER, '--json'], { MIZAN_URL: url, MIZAN_API_KEY: apiKey });
    const summary = JSON.parse(said) as { posted: number; replayed: number };
    const loaded: Loaded = { entries: summary.posted + summary.replayed };
    await writePrivate(home.demoFile, JSON.stringify(loaded));
    return loaded;
  } catch (error) {
    throw new StartProblem(
      `the demo ledger could not be loaded: ${(error as Error).message}. Without it: npm start -- --empty`,
      undefined,
      {
        cause: error,
      },
    );
  } finally {
    clearInterval(watch);
  }
}

/** The trial balance at the journal's position; null where it never gets there. The read model follows the journal, so it may need a moment. */
async function caughtUp(client: MizanClient, accountsUrl: string, minPosition: number, step: Step): Promise<TrialBalanceBody | null> {
  const deadline = performance.now() + CATCH_UP_TIMEOUT_MS;
  for (;;) {
    try {
      return await client.trialBalance(LEDGER, { minPosition });
    } catch (error) {
      if (!(error instanceof MizanProblem) || performance.now() > deadline) throw error;
      if (error.code !== 'position_not_reached' && error.code !== 'ledger_not_found') throw error;
      if ((await failingParts({ name: 'accounts', url: accountsUrl }, []))?.some(isHalt)) return null;
      step.progress('balances catch up');
      await sleep(100);
    }
  }
}

const count = (number: number): string => number.toLocaleString('en');
