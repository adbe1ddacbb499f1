import { PostgresEventStore } from '@mizan/event-store-postgres';
import { setTimeout as pause } from 'node:timers/promises';
import { defaultBounds } from '../bounds.js';
import { Counterpart, type Heard, clerk } from '../clerk.fixture.js';
import type { Next } from '../definition.js';
import { ProcessLoop } from '../process-loop.js';
import { Runner } from '../runner.js';
import { PostgresLease } from './postgres-lease.js';
import { PostgresTimers } from './postgres-timers.js';
import { EVENTS, SERVICE, processDatabase } from './process-database.fixture.js';

const PROCESSES = 40;
const STEPS = 5;
/** Real time alone decides here. */
const clock = Date.now;

let database: Awaited<ReturnType<typeof processDatabase>>;
beforeAll(async () => (database = await processDatabase()));
afterAll(() => database?.drop());

/** A few calls with a short wait between them. The message says when it was sent. */
function next(heard: readonly Heard[]): Next {
  const done = heard.filter(({ signal }) => signal === 'done').length;
  const waited = heard.filter(({ signal }) => signal === 'due').length;
  if (done === STEPS) return { do: 'nothing' };
  return done > waited
    ? { do: 'wait', until: Number(heard[0]!.content) + done * 20 }
    : { do: 'call', step: `s${done}`, content: done, attempts: 1 };
}

/** One instance of a service, with connections of its own. */
async function instance(name: string, calls: Counterpart) {
  const pool = database.pool();
  const store = await PostgresEventStore.open({ url: database.url, schema: EVENTS });
  const lease = new PostgresLease(pool, SERVICE, 'clerk', name);
  const ports = { store, calls, timers: new PostgresTimers(pool, SERVICE, 'clerk'), lease, clock };
  const runner = new Runner(SERVICE, clerk(next), ports, { ...defaultBounds, callMs: 1_000 });
  const loop = new ProcessLoop(runner, {}, { quietMs: 20, firstFaultMs: 20, longestFaultMs: 200 });
  loop.start();
  return {
    loop,
    runner,
    /** Its connections end in the middle of what it does, and it gives nothing back. */
    kill: async (): Promise<void> => {
      await Promise.all([pool.end(), store.close()]);
      await loop.stop(100);
    },
    stop: async (): Promise<void> => {
      await loop.stop(2_000);
      await lease.release();
      await store.close();
    },
  };
}

it('goes on with all that another instance had begun, and sends no call under two contents or out of turn', async () => {
  const calls = new Counterpart();
  const one = await instance('one', calls);
  while (!one.loop.readiness().held) await pause(10);
  const other = await instance('other', calls);
  const processes = Array.from({ length: PROCESSES }, (_, n) => `clerk-p${n}`);
  // Messages are taken by any instance; the holder of the lease hears of them by their timers.
  for (const process of processes) await other.loop.receive(process, { id: 'm', content: clock() });
  expect(other.loop.readiness().held).toBe(false);
  while (calls.sent.length < PROCESSES) await pause(5);
  const killed = one.kill();
  const isOver = async (process: string): Promise<boolean> =>
    (await other.runner.read(process)).state.filter(({ signal }) => signal === 'done').length === STEPS;
  for (const process of processes) while (!(await isOver(process))) await pause(50);
  await killed;
  expect(other.loop.readiness().held).toBe(true);
  const ids = new Set(calls.sent.map(({ id }) => id));
  expect([...ids].toSorted()).toEqual(
    processes.flatMap((process) => Array.from({ length: STEPS }, (_, n) => `${process}:s${n}:1`)).toSorted(),
  );
  for (const process of processes) {
    const order = calls.sent.filter(({ id }) => id.startsWith(`${process}:`)).map(({ content }) => Number(content));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  }
  await other.stop();
}, 60_000);
