// What questions about the past cost on an account with 1,000,000 postings, one in ten of them backdated by up to a year, and what a
// backdated entry costs there. DATABASE_URL is an administrator's: a database is made for the run and dropped.
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { encodeEvent, journalStream } from '@mizan/contracts';
import { migrateService, openPool, serviceUrl } from '@mizan/database';
import { Inbox } from '@mizan/messaging';
import { Books } from '../dist/tables/books.js';
import { JournalProjection } from '../dist/journal.projection.js';
import { trialBalance } from '../dist/tables/trial-balance.js';
import { startOf, statementPage } from '../dist/http/statement-page.js';

const LINES = Number(process.env.BENCH_LINES ?? 1_000_000);
const QUESTIONS = 1_000;
const BATCH = 2_000;
const DAY_MS = 86_400_000;
const SPAN_MS = 30 * DAY_MS;
const START = Date.parse('2026-01-01T00:00:00Z');
const CLIENTS = 1_000;
const server = process.env.DATABASE_URL;
if (!server) throw new Error("Set DATABASE_URL to an administrator's URL of a PostgreSQL server.");

const shapes = {
  'one in ten backdated by up to a year': (recordedAt, n) =>
    n % 10 === 0 ? recordedAt - Math.floor(Math.random() * 365 * DAY_MS) : recordedAt,
  'all at any moment of ten years': (recordedAt) => recordedAt - Math.floor(Math.random() * 3650 * DAY_MS),
  'all on one day': (_, n) => START - 90 * DAY_MS + ((n * 7919) % DAY_MS),
};
/** The others by name, separated by semicolons: each takes minutes. */
const wanted = process.env.BENCH_SHAPES?.split(';') ?? Object.keys(shapes).slice(0, 1);

for (const shape of wanted) {
  const database = `bench_${randomBytes(6).toString('hex')}`;
  await administrate(`CREATE DATABASE ${database}`);
  try {
    await measure(database, shape);
  } finally {
    await administrate(`DROP DATABASE ${database} WITH (FORCE)`);
  }
}

async function measure(database, shape) {
  const adminUrl = new URL(server);
  adminUrl.pathname = `/${database}`;
  const password = randomBytes(12).toString('hex');
  const directory = fileURLToPath(new URL('../migrations', import.meta.url));
  await migrateService({ adminUrl: adminUrl.href, service: 'accounts', password, schemas: [{ schema: 'accounts', directory }] });
  const pool = openPool({ url: serviceUrl(adminUrl.href, 'accounts', password), name: 'accounts-bench', max: 4 });
  const inbox = new Inbox({ pool, schema: 'accounts', consumer: 'accounts', projection: new JournalProjection() });
  const journal = journalOf(shapes[shape]);
  const receive = (count) => inbox.receive([{ stream: journalStream('u1'), events: journal.next(count) }]);

  console.log(`\n${LINES.toLocaleString('en')} postings on one account, ${shape}`);
  await receive(journal.opening);
  const begun = performance.now();
  for (let done = 0; done < LINES; done += BATCH) await receive(Math.min(BATCH, LINES - done));
  const seconds = (performance.now() - begun) / 1_000;
  console.log(`  projected in ${seconds.toFixed(1)} s: ${Math.round(LINES / seconds).toLocaleString('en')} events/s, from events to books`);

  await times('an entry of its own, backdated or not: a transaction', QUESTIONS, () => receive(1));
  const recorded = () => START + Math.floor(Math.random() * SPAN_MS);
  const effective = () => START + Math.floor(Math.random() * (SPAN_MS + 365 * DAY_MS)) - 365 * DAY_MS;
  const books = new Books(pool);
  const read = (work) => () =>
    books.read({ tenant: 'acme', ledger: 'main' }, null, async (book) => work(book, await book.account('bank:cash')));
  await times(
    'balance, now',
    QUESTIONS,
    read(async () => {}),
  );
  await times(
    'balance, known then',
    QUESTIONS,
    read(async (book, account) => book.turnover(account, { at: null, ...(await book.knownAt(recorded())) })),
  );
  await times(
    'balance, effective then',
    QUESTIONS,
    read((book, account) => book.turnover(account, { at: effective(), position: book.position })),
  );
  await times(
    'balance, both',
    QUESTIONS,
    read(async (book, account) => book.turnover(account, { at: effective(), position: (await book.knownAt(recorded())).position })),
  );

  const page = (known) =>
    read(async (book, account) => {
      const from = effective();
      const range = { from, to: from + 30 * DAY_MS };
      const position = known ? (await book.knownAt(recorded())).position : book.position;
      await statementPage(book, account, range, await startOf(book, account, range, position), 100);
    });
  await times('statement, first page of 100 of any month', QUESTIONS, page(false));
  await times('statement, first page of 100 of any month, known then', QUESTIONS, page(true));
  await times(
    'statement, a page of 100 deep in it',
    QUESTIONS,
    read(async (book, account) => {
      const after = [effective(), 0, 0];
      await book.lines(account, after, { until: START + SPAN_MS, position: book.position }, 100);
    }),
  );
  await times(`trial balance of ${CLIENTS + 1} accounts, both`, 10, () =>
    books.open({ tenant: 'acme', ledger: 'main' }, null).then(async ({ ledger, close }) => {
      const { position } = await ledger.knownAt(recorded());
      for await (const _ of trialBalance(ledger, { at: effective(), position }, null));
      await close();
    }),
  );
  await pool.end();
}

async function times(name, count, work) {
  const taken = [];
  for (let n = 0; n < count; n++) {
    const begun = performance.now();
    await work();
    taken.push(performance.now() - begun);
  }
  taken.sort((a, b) => a - b);
  const at = (share) => taken[Math.min(count - 1, Math.floor(count * share))].toFixed(1).padStart(7);
  console.log(`  ${name.padEnd(58)} p50 ${at(0.5)} ms   p99 ${at(0.99)} ms   most ${at(1)} ms`);
}

/** One account against a thousand others, some 33,000 entries a day. The events are made as they are asked for. */
function journalOf(effectiveAt) {
  const zero = { debitsPosted: 0n, debitsHeld: 0n, creditsPosted: 0n, creditsHeld: 0n };
  const names = ['bank:cash', ...Array.from({ length: CLIENTS }, (_, n) => `clients:${n}`)];
  const totals = new Map(names.map((name) => [name, zero]));
  const opening = names.length + 1;
  const noTexts = { reference: null, metadata: {} };
  let position = 0;
  const event = () => {
    position++;
    const recorded = { position, group: null };
    if (position === 1) return { ...recorded, recordedAt: START, type: 'LedgerOpened', tenant: 'acme', ledger: 'main', name: 'Main' };
    if (position <= opening) {
      const id = names[position - 2];
      const kind = { id, type: position === 2 ? 'asset' : 'liability', asset: 'CZK' };
      const command = { op: 'open', ...kind, minBalance: null, maxBalance: null, texts: noTexts };
      const rest = { exponent: 2, frozen: 'none', closed: false, metadata: {}, openedPosition: position, openedAt: START };
      const account = { ...kind, minBalance: null, maxBalance: null, ...rest, ...zero };
      return { ...recorded, recordedAt: START, type: 'AccountOpened', command, account, texts: null };
    }
    const n = position - opening;
    const recordedAt = START + Math.floor((n / LINES) * SPAN_MS);
    const amount = BigInt(1 + (n % 1_000));
    const posting = (account, side) => {
      const before = totals.get(account);
      const total =
        side === 'debit'
          ? { ...before, debitsPosted: before.debitsPosted + amount }
          : { ...before, creditsPosted: before.creditsPosted + amount };
      totals.set(account, total);
      return { account, side, amount, asset: 'CZK', balances: total };
    };
    const [debit, credit] = n % 3 ? ['bank:cash', names[1 + (n % CLIENTS)]] : [names[1 + (n % CLIENTS)], 'bank:cash'];
    const moment = effectiveAt(recordedAt, n);
    const command = { op: 'transfer', id: `t${n}`, debit, credit, amount, effectiveAt: moment, texts: noTexts };
    const postings = [posting(debit, 'debit'), posting(credit, 'credit')];
    return { ...recorded, recordedAt, type: 'EntryPosted', command, effectiveAt: moment, postings, reversed: null, texts: null };
  };
  const encoded = () => {
    const made = event();
    const provenance = { actor: 'key:bench', correlation: null, causation: null, traceparent: null };
    const salt = () => made.position.toString(16).padStart(32, '0');
    const { text } = encodeEvent(made, { eventId: `e${made.position}`, stream: journalStream('u1'), salt, ...provenance });
    return { version: made.position, event: text, texts: null };
  };
  return { opening, next: (count) => Array.from({ length: count }, encoded) };
}

async function administrate(sql) {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(sql);
  await client.end();
}
