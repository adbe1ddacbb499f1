// Decides and applies two-leg transfers between random accounts on one core, and prints how many a second.
// Build first (tsc -b libs/ledger), then: node libs/ledger/bench/decide.bench.mjs
import { Book, decide, openLedger, readOperation } from '@mizan/ledger';

const ACCOUNTS = 1_000;
const TRANSFERS = 200_000;
/** As with a writer, the book does not keep all commands for ever. */
const KEPT_COMMANDS = 10_000;
const NOW = Date.UTC(2026, 0, 1);

function take(book, operation) {
  const { events, answer } = decide(book, readOperation(operation, NOW).command, NOW);
  for (const event of events) book.apply(event);
  if (answer.status !== 'applied') throw new Error(answer.rejection.detail);
}

function emptyBook() {
  const book = new Book();
  book.apply(openLedger(book, { tenant: 'bench', ledger: 'main', name: 'Bench' }, NOW));
  for (let n = 0; n < ACCOUNTS; n++)
    take(book, { op: 'open', id: `clients:${n}`, type: 'liability', asset: 'USD', minBalance: '-1000000000' });
  return book;
}

/** The same sequence of accounts on every run. */
function* picks() {
  for (let state = 1; ;) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    yield (state >>> 8) % ACCOUNTS;
  }
}

function operations() {
  const pick = picks();
  return Array.from({ length: TRANSFERS }, (_, n) => {
    const debit = pick.next().value;
    const credit = (debit + 1 + (pick.next().value % (ACCOUNTS - 1))) % ACCOUNTS;
    return { op: 'transfer', id: `t${n}`, debit: `clients:${debit}`, credit: `clients:${credit}`, amount: '125' };
  });
}

/** How many a second, by the processor time of this thread, so that other work on the machine does not count. */
function timed(work) {
  const start = process.threadCpuUsage();
  const result = work();
  const { user, system } = process.threadCpuUsage(start);
  return { result, rate: Math.round((TRANSFERS / (user + system)) * 1e6) };
}

function round() {
  const book = emptyBook();
  const wire = operations();
  const { result: commands, rate: read } = timed(() => wire.map((operation) => readOperation(operation, NOW).command));
  const { rate: decided } = timed(() => {
    for (const command of commands) {
      for (const event of decide(book, command, NOW).events) book.apply(event);
      if (book.commands.size === KEPT_COMMANDS) book.commands.clear();
    }
  });
  if (book.ledger.position !== 1 + ACCOUNTS + TRANSFERS) throw new Error('Some transfers were refused.');
  return { read, decided };
}

const report = (what, rates) => {
  const [low, , median, , high] = rates.sort((one, other) => one - other).map((rate) => rate.toLocaleString('en'));
  console.log(`${what.padEnd(18)} ${median} per second of one core (median of 5 rounds, ${low} to ${high})`);
};

// The first round is the compiler's.
round();
const rounds = Array.from({ length: 5 }, round);
report(
  'read the shape',
  rounds.map(({ read }) => read),
);
report(
  'decide and apply',
  rounds.map(({ decided }) => decided),
);
