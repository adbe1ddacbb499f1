import { decodeEvent, journalStream } from '@mizan/contracts';
import type { EventStore } from '@mizan/event-store';
import { type Command, type LedgerEvent, noTexts } from '@mizan/ledger';
import { CheckedClock } from '@mizan/writer';
import type { OpenLedgers } from '@mizan/writer/ledger';
import { PostgresLedgerCatalog } from './tables/ledger-catalog.postgres.js';
import { startWriters, transfersDatabase } from './writing.fixture.js';

/** Writers on a database of the test's own, and journals to look into. */
export async function expiring() {
  const database = await transfersDatabase();
  let started: OpenLedgers[] = [];
  let count = 0;

  async function journal(uid: string): Promise<LedgerEvent[]> {
    const events: LedgerEvent[] = [];
    for (;;) {
      const page = await database.store.read(journalStream(uid), events.length, 1_000);
      if (page.length === 0) return events;
      events.push(...page.map(({ text }) => decodeEvent(text)));
    }
  }

  return {
    database,
    journal,
    writers: async (given: Parameters<typeof startWriters>[2] = {}, store: EventStore = database.store): Promise<OpenLedgers> => {
      const open = await startWriters(database.pool, store, given);
      started.push(open);
      return open;
    },
    /** A ledger that the catalog knows, so that it can be woken. */
    newLedger: async (): Promise<{ uid: string; tenant: string }> => {
      const uid = `e${(count += 1)}`;
      await new PostgresLedgerCatalog(database.pool).enter({ uid, tenant: 't1', id: uid, name: uid });
      return { uid, tenant: 't1' };
    },
    expiries: async (uid: string): Promise<string[]> =>
      (await journal(uid)).flatMap((event) => (event.type === 'HoldExpired' ? [event.hold.id] : [])),
    /** Stops an instance as a crash would: its timers end, its leases stay as they are. */
    abandon: (open: OpenLedgers): void => {
      started = started.filter((one) => one !== open);
      const inside = open as unknown as {
        renewal: NodeJS.Timeout;
        attending: NodeJS.Timeout;
        closing: boolean;
        open: Map<string, { writer: object }>;
      };
      inside.closing = true;
      clearTimeout(inside.renewal);
      clearTimeout(inside.attending);
      for (const { writer } of inside.open.values()) (writer as { alarm: { silence(): void } }).alarm.silence();
    },
    stopWriters: async (): Promise<void> => {
      await Promise.all(started.map((open) => open.stop(2_000)));
      started = [];
    },
  };
}

export const named = (event: LedgerEvent): string =>
  'command' in event ? event.command.id : 'hold' in event ? `expire ${event.hold.id}` : event.type;

export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50));
}

export const hold = (id: string, client: number, expiresAt: number | null = null, amount = 1n): Command => ({
  op: 'hold',
  id,
  debit: 'bank:cash',
  credit: `clients:${client}`,
  amount,
  expiresAt,
  texts: { reference: `words of ${id}`, metadata: {} },
});
export const asCommands = (commands: readonly Command[]) => commands.map((command) => ({ kind: 'command', command }) as const);
export const payment = (id: string, from: number, to: number): Command => ({
  op: 'transfer',
  id,
  debit: `clients:${from}`,
  credit: `clients:${to}`,
  amount: 1n,
  effectiveAt: null,
  texts: noTexts,
});
export const held = (id: string, from: number, to: number, expiresAt: number): Command => ({
  ...(hold(id, to, expiresAt) as Extract<Command, { op: 'hold' }>),
  debit: `clients:${from}`,
});

/** A clock that a test moves ahead, as `mizan clock advance` would. */
export function movedClock(): { clock: CheckedClock; aheadMs: () => number; ahead: (ms: number) => void } {
  let moved = 0;
  const aheadMs = (): number => moved;
  return { clock: new CheckedClock(undefined, undefined, aheadMs), aheadMs, ahead: (ms) => void (moved = ms) };
}
