import { decodeEnvelope } from '@mizan/contracts';
import { MAX_PAGE_EVENTS } from '@mizan/event-store';
import { PostgresEventStore } from '@mizan/event-store-postgres';
import { tenantTokens } from '@mizan/platform';
import type { Decision } from '../approval.js';
import { type DelayedTransfer, type DelayedTransferEvent, type Order, delayedTransfer } from '../delayed-transfer.fixture.js';
import type { Instance } from '../instance.js';
import { PostgresLease } from '../postgres/postgres-lease.js';
import { PostgresTimers } from '../postgres/postgres-timers.js';
import { EVENTS, SERVICE } from '../postgres/process-database.fixture.js';
import { type Message, Runner } from '../runner.js';
import { type Chance, between, chance, oneOf } from '../trial/chance.js';
import { cuttingProxy } from './cutting-proxy.fixture.js';
import { LedgerCalls } from './ledger-calls.js';
import { KIND, OWNER, TENANT, journalOf, ledgerPlatform, openBooks } from './ledger-platform.fixture.js';
import { mortal } from './mortal.fixture.js';

const DAY_MS = 86_400_000;
const FUNDS = 6_000n;
const PROCESSES = 12;
/** Turns under misfortune, and more than any schedule needs to come to rest afterwards. */
const ROUGH_TURNS = 120;
const TURNS = 600;

let books: Awaited<ReturnType<typeof ledgerPlatform>>;
let store: PostgresEventStore;
beforeAll(async () => {
  books = await ledgerPlatform();
  store = await PostgresEventStore.open({ url: books.database.url, schema: EVENTS });
}, 120_000);
afterAll(async () => {
  await store?.close();
  await books?.stop();
}, 60_000);

/** Under a name whose ids are the service's own. */
const definition = { ...delayedTransfer, name: KIND };

type Process = Instance<DelayedTransfer, DelayedTransferEvent>;
interface Errand {
  readonly process: string;
  readonly message?: Message;
  readonly decision?: Decision;
}

const isOver = ({ ended, state: { stage } }: Process): boolean => ended || ['captured', 'released', 'refused'].includes(stage);

function orders(draw: Chance, seed: number, ledger: string, now: number): Errand[] {
  return Array.from({ length: PROCESSES }, (_, n) => {
    const process = `${KIND}-${seed}-${n}`;
    const amount = String(between(draw, 1, 15) * 100);
    const order: Order = {
      ...{ tenant: TENANT, ledger, debit: 'deposits', credit: 'payable', amount },
      ...{ day: now + between(draw, 1, 5) * DAY_MS, maker: 'user:maker' },
    };
    const ordered = { process, message: { id: 'order', content: order } };
    return draw() < 0.8 ? [ordered] : [ordered, { process, message: { id: 'cancel', content: 'cancel' } }];
  }).flat();
}

/** Plays processes on real servers until all are over: instances die, lines are cut. The choices are seeded; how long each takes is not. */
async function play(seed: number, ledger: string) {
  const draw = chance(seed);
  const time = { now: Date.now() };
  let rough = true;
  let deaths = 0;
  const proxy = await cuttingProxy(books.platform.url, () => {
    const luck = rough ? draw() : 1;
    return luck < 0.04 ? 'before' : luck < 0.2 ? 'after' : 'pass';
  });
  const token = tenantTokens({ gatewayUrl: books.platform.url, apiKey: books.serviceKey });
  const calls = new LedgerCalls({ url: proxy.url, token, deadlineMs: 4_000 });
  const pool = books.database.pool();
  // Of each seed apart: the time of each is its own.
  const kind = `${KIND}-${seed}`;
  const timers = new PostgresTimers(pool, SERVICE, kind);
  const shared = { store, calls, timers, clock: () => time.now };

  const start = (name: string) => {
    const lease = new PostgresLease(pool, SERVICE, kind, name);
    const { ports, life } = mortal({ ...shared, lease }, draw, () => rough);
    return { name, lease, life, runner: new Runner(OWNER, definition, ports) };
  };
  const instances = [start('one'), start('two')];
  /** Where one has died another begins; sometimes the lease has run out meanwhile. */
  const replaceDead = async (): Promise<void> => {
    for (const [place, { name, lease, life }] of instances.entries()) {
      if (!life.over) continue;
      deaths += 1;
      if (draw() < 0.5) await lease.release();
      instances[place] = start(name);
    }
  };
  const observer = new Runner(OWNER, definition, { ...shared, lease: { held: async () => false } });

  const errands = orders(draw, seed, ledger, time.now);
  const processes = [...new Set(errands.map(({ process }) => process))];
  const asked = new Set<string>();
  const decideWhatIsAsked = async (): Promise<void> => {
    for (const { id, approvals } of await Promise.all(processes.map((process) => observer.read(process)))) {
      const approval = approvals.get('check');
      if (approval?.status !== 'asked' || asked.has(id)) continue;
      asked.add(id);
      const verdict = draw() < 0.2 ? 'decline' : 'approve';
      errands.push({ process: id, decision: { id: 'verdict', step: 'check', verdict, sha256: approval.asked.sha256, by: 'user:checker' } });
    }
  };
  const run = async (errand: Errand): Promise<void> => {
    const { process, message, decision } = errand;
    const { runner } = oneOf(draw, instances);
    const taken = await (decision ? runner.decide(process, decision) : runner.receive(process, message!)).catch(() => null);
    // Unknown: the same is sent again. Rejected is an answer too: a cancel may come too late.
    if (taken) errands.splice(errands.indexOf(errand), 1);
  };

  let turns = 0;
  for (; turns < TURNS; turns += 1) {
    rough = turns < ROUGH_TURNS;
    if (errands.length > 0) await run(errands[0]!);
    await Promise.all(instances.map(({ runner }) => runner.takeDue().catch(() => null)));
    await replaceDead();
    await decideWhatIsAsked();
    const [next] = await timers.due(Infinity, 1);
    if (!next && errands.length === 0) break;
    if (next && next.at > time.now) time.now = rough ? Math.min(next.at, time.now + between(draw, 1, DAY_MS)) : next.at;
  }
  const ends = await Promise.all(processes.map((process) => observer.read(process)));
  await calls.close();
  proxy.stop();
  return { ends, turns, deaths, cuts: proxy.cuts };
}

/** By the id of each call of a process, the event that recorded it. */
async function callsOf(process: string): Promise<ReadonlyMap<string, string>> {
  const events = (await store.read(process, 0, MAX_PAGE_EVENTS)).map(({ text }) => decodeEnvelope(text));
  const sent = events.filter(({ type }) => type === 'CallSent');
  return new Map(sent.map(({ stream, version, data }) => [(data as { readonly id: string }).id, `${stream}@${version}`]));
}

const expected: Readonly<Partial<Record<DelayedTransfer['stage'], readonly string[]>>> = {
  captured: ['HoldPlaced', 'HoldCaptured'],
  released: ['HoldPlaced', 'HoldReleased'],
  refused: [],
};

it.each([1, 2, 3])(
  'posts each delayed transfer once to a real ledger, though instances die and lines are cut (seed %i)',
  async (seed) => {
    const ledger = `delayed-${seed}`;
    await openBooks(books.client, ledger, FUNDS);
    const { ends, turns, deaths, cuts } = await play(seed, ledger);
    expect(turns).toBeLessThan(TURNS);
    expect(ends.filter((end) => !isOver(end)).map(({ id }) => id)).toEqual([]);

    const journal = await journalOf(books.client, ledger);
    let captured = 0n;
    for (const { id, state } of ends) {
      const of = journal.filter((event) => event.id.startsWith(`${id}:`));
      const done = of.filter(({ type }) => type !== 'TransferRejected').map(({ type }) => type);
      expect([id, state.stage, done]).toEqual([id, state.stage, expected[state.stage]]);
      const calls = await callsOf(id);
      expect(of.map(({ actor, correlation, causation }) => ({ actor, correlation, causation }))).toEqual(
        of.map((event) => ({ actor: `service:${OWNER}`, correlation: id, causation: calls.get(event.id) })),
      );
      if (state.stage === 'captured') captured += BigInt(state.order!.amount);
    }
    const minPosition = journal.length;
    const { balances: deposits } = await books.client.balance(ledger, 'deposits', { minPosition });
    const { balances: payable } = await books.client.balance(ledger, 'payable', { minPosition });
    expect([payable.posted, payable.held, deposits.posted, deposits.held]).toEqual([`${captured}`, '0', `${FUNDS - captured}`, '0']);
    const stages = ends.map(({ state }) => state.stage);
    process.stdout.write(
      `delayed transfers, seed ${seed}: ${turns} turns, ${deaths} instances died, lines cut ${cuts.before} before and ${cuts.after} after the request; ${[...new Set(stages)].map((stage) => `${stages.filter((one) => one === stage).length} ${stage}`).join(', ')}\n`,
    );
    expect(deaths).toBeGreaterThan(0);
    expect(cuts.after).toBeGreaterThan(0);
    expect(captured).toBeGreaterThan(0n);
  },
  180_000,
);
