import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.js';

// What happens to the services themselves: they die, and their clocks lie.

const now = (): number => performance.now();

const killed = (name: 'gateway' | 'transfers' | 'accounts'): Fault => ({
  name: `kill -9 of ${name}`,
  touches: [name],
  strike: async ({ platform }) => {
    const pid = await platform.pidOf(name);
    process.kill(pid, 'SIGKILL');
    const over = now();
    while ((await platform.pidOf(name)) === pid) await sleep(10);
    await platform.ready(name);
    return over;
  },
});

const HOURS = 3_600_000;
const jumpingClock = (name: string, offMs: number): Fault => ({
  name,
  touches: ['clock'],
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
  killed('transfers'),
  killed('accounts'),
  jumpingClock('clocks jump ahead by 2 h', 2 * HOURS),
  jumpingClock('clocks jump back by 2 h', -2 * HOURS),
];
