import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.js';
import { inQuiet } from './read-models.js';
import type { Stand } from './stand.js';
import { LEDGERS } from './wishes.js';

// What happens to the services themselves: they die, and their clocks lie.

const now = (): number => performance.now();

/** Kills a service as a crash would. Resolves when it is back. @param before done while it stands still, before it dies. */
async function kill({ platform }: Stand, name: string, before?: () => Promise<unknown>): Promise<void> {
  const pid = await platform.pidOf(name);
  if (before) {
    process.kill(pid, 'SIGSTOP');
    await before();
  }
  process.kill(pid, 'SIGKILL');
  while ((await platform.pidOf(name)) === pid) await sleep(10);
  await platform.ready(name);
}

const killed = (name: 'gateway' | 'accounts'): Fault => ({
  name: `kill -9 of ${name}`,
  touches: [name],
  strike: async (stand) => {
    const over = now();
    await kill(stand, name);
    return over;
  },
});

const killedWriter: Fault = {
  name: 'kill -9 of the writer (transfers)',
  touches: ['transfers', 'PostgreSQL'],
  strike: async (stand) => {
    const { name } = await stand.writerOf(LEDGERS[0]!);
    const over = now();
    await kill(stand, name);
    return over;
  },
};

const killedTransfers: Fault = {
  name: 'kill -9 of every transfers at once',
  touches: ['transfers'],
  strike: async (stand) => {
    const over = now();
    await Promise.all(['transfers', 'transfers-2'].map((name) => kill(stand, name)));
    return over;
  },
};

/** Longer than a lease. */
const STANDSTILL_MS = 6_000;

const pausedWriter: Fault = {
  name: 'the writer stands still until its lease is taken, and comes back',
  touches: ['transfers', 'PostgreSQL'],
  strike: async (stand) => {
    const before = await stand.writerOf(LEDGERS[0]!);
    const pid = await stand.platform.pidOf(before.name);
    const began = now();
    process.kill(pid, 'SIGSTOP');
    try {
      await sleep(STANDSTILL_MS);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    const after = await stand.writerOf(LEDGERS[0]!);
    if (after.url === before.url || after.epoch <= before.epoch) throw new Error('Nobody took the lease of the writer that stood still.');
    await stand.platform.ready(before.name);
    return began;
  },
};

const announcedAgain: Fault = {
  name: 'the whole journal is announced to the read models again',
  touches: ['accounts', 'PostgreSQL', 'clock'],
  strike: async (stand) => {
    const forget = (): Promise<void> => kill(stand, 'accounts', () => stand.ask('DELETE FROM accounts.feed_tokens'));
    const placed = async (): Promise<boolean> => (await stand.ask('SELECT FROM accounts.feed_tokens')).length > 0;
    // Once in quiet, when nothing may change; once while there is more to come.
    await inQuiet(stand, async () => {
      await forget();
      while (!(await placed())) await sleep(20);
    });
    await forget();
    return now();
  },
};

const HOURS = 3_600_000;
const jumpingClock = (name: string, offMs: number): Fault => ({
  name,
  touches: ['clock', 'PostgreSQL'],
  // The clocks of two services do not jump in the same millisecond.
  excuses: ['401 unauthorized'],
  strike: async (stand) => {
    const { clients } = stand;
    const refused = clients.tries.refused;
    await stand.setClock(offMs);
    await sleep(3_000);
    if (clients.tries.refused === refused) throw new Error('Nobody was refused: the clocks did not jump.');
    await stand.setClock(0);
    return now();
  },
});

export const serviceFaults: readonly Fault[] = [
  killed('gateway'),
  killedWriter,
  killedTransfers,
  pausedWriter,
  killed('accounts'),
  announcedAgain,
  jumpingClock('clocks jump ahead by 2 h', 2 * HOURS),
  jumpingClock('clocks jump back by 2 h', -2 * HOURS),
];
