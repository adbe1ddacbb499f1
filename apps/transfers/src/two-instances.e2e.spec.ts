import { setTimeout as pause } from 'node:timers/promises';
import type { EntryBody, JournalItemBody, LedgerBody, ListBody, ResultBody } from '@mizan/contracts';
import { type Instance, startInstances } from './instances.fixture.js';

// Two processes of the service on one database: whoever is asked, one of them writes a ledger, and either may die or stand still.

import.meta.jest.setTimeout(120_000);

const CALLERS = 8;
/** A caller gives up an instance that says nothing for so long, and asks the other one, ms. */
const PATIENCE_MS = 4_000;

let platform: Awaited<ReturnType<typeof startInstances>>;
let one: Instance;
let other: Instance;

beforeAll(async () => {
  platform = await startInstances(2);
  [one, other] = platform.instances as [Instance, Instance];
}, 120_000);
afterAll(() => platform?.stop());

const deposit = (id: string, amount = '1') => ({ id, debit: 'bank:cash', credit: 'clients:1', amount });

/** A ledger that `writer` writes, with two accounts. */
async function ledgerOf(writer: Instance, ledger: string): Promise<void> {
  await platform.put(writer, ledger, {});
  await platform.post(writer, `${ledger}/accounts`, { id: 'bank:cash', type: 'asset', asset: 'CZK' });
  await platform.post(writer, `${ledger}/accounts`, { id: 'clients:1', type: 'liability', asset: 'CZK' });
}

/** From outside, in plain SQL: how often each transfer stands in the journal, and where. */
async function inTheJournal(ledger: string): Promise<Map<string, number[]>> {
  const { rows } = await platform.database.pool.query<{ id: string; positions: number[] }>(
    `SELECT event::json -> 'data' -> 'command' ->> 'id' AS id, array_agg(version::float8 ORDER BY version) AS positions
     FROM journal.events WHERE stream = 'journal-' || (SELECT uid FROM transfers.ledgers WHERE id = $1) AND event::json ->> 'type' = 'EntryPosted'
     GROUP BY 1`,
    [ledger],
  );
  return new Map(rows.map(({ id, positions }) => [id, positions]));
}

async function ownerOf(ledger: string): Promise<{ owner: string; epoch: number }> {
  const { rows } = await platform.database.pool.query<{ owner: string; epoch: number }>(
    'SELECT owner, epoch::float8 AS epoch FROM transfers.leases JOIN transfers.ledgers ON uid = ledger WHERE id = $1',
    [ledger],
  );
  return rows[0]!;
}

/** Callers that post one transfer after the other, half of them at either instance, and send an id again until it is answered for certain. */
class Load {
  readonly acknowledged = new Map<string, number>();
  readonly contradictions: string[] = [];
  readonly unknown: string[] = [];
  private over = false;
  private readonly callers: Promise<void>[];
  private firstOfSince: { readonly since: number; resolve: (ms: number) => void } | null = null;

  constructor(private readonly ledger: string) {
    this.callers = Array.from({ length: CALLERS }, (_, caller) => this.call(caller));
  }

  async enough(count: number): Promise<void> {
    const goal = this.acknowledged.size + count;
    while (this.acknowledged.size < goal) await pause(20);
  }

  /** Time from now until a transfer is acknowledged that was sent after now, ms. */
  nextAcknowledged(): Promise<number> {
    return new Promise((resolve) => (this.firstOfSince = { since: performance.now(), resolve }));
  }

  async end(): Promise<void> {
    this.over = true;
    await Promise.all(this.callers);
  }

  private async call(caller: number): Promise<void> {
    let at = caller % 2 === 0 ? one : other;
    for (let count = 0; !this.over; count += 1) at = await this.settle(`${caller}:${count}`, at);
  }

  private async settle(id: string, first: Instance): Promise<Instance> {
    for (let at = first; ;) {
      const sentAt = performance.now();
      const sent = platform.post<EntryBody & { code?: string }>(at, `${this.ledger}/transfers`, deposit(id), {}, PATIENCE_MS);
      const answer = await sent.catch(() => null);
      if (answer === null || answer.body.code === 'outcome_unknown') this.unknown.push(id);
      if (answer === null) at = at === one ? other : one;
      if (answer === null || answer.status === 503) {
        await pause(50);
        continue;
      }
      if (answer.status >= 300) throw new Error(`${id} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
      const before = this.acknowledged.get(id) ?? answer.body.position;
      if (before !== answer.body.position) this.contradictions.push(id);
      this.acknowledged.set(id, before);
      if (this.firstOfSince && sentAt >= this.firstOfSince.since) {
        this.firstOfSince.resolve(performance.now() - this.firstOfSince.since);
        this.firstOfSince = null;
      }
      return at;
    }
  }
}

/** Everything acknowledged is there once, at the position that was answered; and nothing is there twice. */
async function expectKept(ledger: string, { acknowledged, contradictions }: Load): Promise<{ lost: number; doubled: number }> {
  const journal = await inTheJournal(ledger);
  const lost = [...acknowledged].filter(([id, position]) => !journal.get(id)?.includes(position)).map(([id]) => id);
  const doubled = [...journal].filter(([, positions]) => positions.length > 1).map(([id]) => id);
  expect({ lost, doubled, contradictions }).toEqual({ lost: [], doubled: [], contradictions: [] });
  expect(journal.size).toBe(acknowledged.size);
  return { lost: lost.length, doubled: doubled.length };
}

function say(fault: string, load: Load, tookMs: number): void {
  const words = [
    `acknowledged ${load.acknowledged.size}`,
    `unknown ${load.unknown.length}, all settled`,
    'lost 0',
    'doubled 0',
    `taken over after ${Math.round(tookMs)} ms`,
  ];
  process.stdout.write(`two instances, ${fault}: ${words.join(', ')}\n`);
}

describe('an instance that does not write a ledger', () => {
  beforeAll(() => ledgerOf(one, 'main'));

  it('answers as the writer would: what is posted, refused, repeated, looked up and batched', async () => {
    const posted = await platform.post<EntryBody>(other, 'main/transfers', deposit('t1', '5'));
    expect(posted).toMatchObject({ status: 201, body: { id: 't1', ledger: 'main' } });
    expect((await ownerOf('main')).owner).toBe(one.url);
    for (const at of [one, other]) {
      const again = await platform.post<EntryBody>(at, 'main/transfers', deposit('t1', '5'));
      expect([again.status, again.headers.get('idempotency-replayed'), again.body]).toEqual([200, 'true', posted.body]);
      expect((await platform.get<EntryBody>(at, 'main/transfers/t1')).body).toEqual(posted.body);
      expect(await platform.get(at, 'main/transfers/t2')).toMatchObject({ status: 404, body: { code: 'not_found' } });
      expect(await platform.post(at, 'main/transfers', deposit('t1', '6'))).toMatchObject({ status: 409, body: { code: 'id_conflict' } });
      expect(await platform.put(at, 'main', { name: 'other' })).toMatchObject({ status: 409, body: { code: 'id_conflict' } });
      expect(await platform.get<LedgerBody>(at, 'main')).toMatchObject({ status: 200, body: { position: posted.body.position } });
    }
    const headers = { 'idempotency-key': 't-key', 'mizan-correlation': 'order-1' };
    const withKey = await platform.post<EntryBody>(other, 'main/transfers', { ...deposit('x'), id: undefined }, headers);
    expect(withKey).toMatchObject({ status: 201, body: { id: 't-key' } });
    const { items } = (await platform.get<ListBody<JournalItemBody>>(one, `main/journal?after=${withKey.body.position - 1}&limit=1`)).body;
    expect(JSON.parse(items[0]!.event)).toMatchObject({ correlation: 'order-1' });
    const operations = Array.from({ length: 3_000 }, (_, i) => ({ op: 'transfer', ...deposit(`b${i}`) }));
    const { status, body } = await platform.post<{ results: ResultBody[] }>(other, 'main/batch', { operations });
    expect(status).toBe(200);
    expect(body.results.map((result) => result.status)).toEqual(operations.map(() => 'applied'));
  });

  it('says so to another instance instead of sending on what was sent on already', async () => {
    const twice = await platform.post(other, 'main/transfers', deposit('hop'), { 'mizan-forwarded': '1' });
    expect(twice).toMatchObject({ status: 421, body: { code: 'unavailable' } });
    expect(await platform.get(one, 'main/transfers/hop')).toMatchObject({ status: 404 });
  });
});

it('takes over from a writer that is killed: nothing acknowledged is lost, nothing doubled', async () => {
  await ledgerOf(one, 'killed');
  const load = new Load('killed');
  await load.enough(300);
  const { epoch } = await ownerOf('killed');
  const next = load.nextAcknowledged();
  await one.signal('SIGKILL');
  const tookMs = await next;
  await load.enough(300);
  expect((await ownerOf('killed')).owner).toBe(other.url);
  expect((await ownerOf('killed')).epoch).toBeGreaterThan(epoch);
  await one.restart();
  await load.enough(300);
  await load.end();
  await expectKept('killed', load);
  say('the writer killed', load, tookMs);
});

it('takes over from a writer that stands still, which afterwards answers nothing that is out of date', async () => {
  await ledgerOf(one, 'paused');
  const load = new Load('paused');
  await load.enough(300);
  const next = load.nextAcknowledged();
  await one.signal('SIGSTOP');
  const tookMs = await next;
  await load.enough(300);
  expect((await ownerOf('paused')).owner).toBe(other.url);
  const during = await platform.post<EntryBody>(other, 'paused/transfers', deposit('during', '7'));
  expect(during.status).toBe(201);
  // Asked while it stands still; answered with what it finds when it wakes up.
  const asked = Array.from({ length: 5 }, () => platform.get<EntryBody>(one, 'paused/transfers/during'));
  const repeated = platform.post<EntryBody>(one, 'paused/transfers', deposit('during', '7'));
  const contrary = platform.post(one, 'paused/transfers', deposit('during', '8'));
  const shown = platform.get<LedgerBody>(one, 'paused');
  await pause(200);
  await one.signal('SIGCONT');
  for (const answer of await Promise.all(asked)) expect(answer).toMatchObject({ status: 200, body: during.body });
  expect(await repeated).toMatchObject({ status: 200, body: during.body });
  expect(await contrary).toMatchObject({ status: 409, body: { code: 'id_conflict' } });
  expect((await shown).body.position).toBeGreaterThanOrEqual(during.body.position);
  await load.enough(300);
  await load.end();
  load.acknowledged.set('during', during.body.position);
  await expectKept('paused', load);
  say('the writer stopped and woken', load, tookMs);
});

it('expires what the dead writer held, though nobody asks', async () => {
  await ledgerOf(one, 'unasked');
  await platform.post(one, 'unasked/transfers', deposit('t', '10'));
  const expiresAt = new Date(Date.now() + 1_500).toISOString();
  const hold = { id: 'h', debit: 'clients:1', credit: 'bank:cash', amount: '5', expiresAt };
  expect(await platform.post(one, 'unasked/holds', hold)).toMatchObject({ status: 201 });
  await one.signal('SIGKILL');
  const types = async (): Promise<string[]> => {
    const { rows } = await platform.database.pool.query<{ type: string }>(
      `SELECT event::json ->> 'type' AS type FROM journal.events WHERE stream = 'journal-' || (SELECT uid FROM transfers.ledgers WHERE id = 'unasked')`,
    );
    return rows.map(({ type }) => type);
  };
  for (let looks = 0; looks < 300 && !(await types()).includes('HoldExpired'); looks += 1) await pause(100);
  expect((await types()).filter((type) => type === 'HoldExpired')).toHaveLength(1);
  await one.restart();
});
