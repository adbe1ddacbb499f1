import { spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { testDatabase, testTokens } from '@mizan/testing';
import { type BooksDatabase, booksDatabase } from '../books.fixture.js';
import { BESIDE } from './book-tables.js';
import { chance, randomHistory } from '../history.fixture.js';
import { JournalServer, type ServiceUnderTest, eventually, startService } from '../service.fixture.js';

const { events } = randomHistory(1, 3_000, 'acme', 'main');
const script = fileURLToPath(new URL('../../dist/rebuild.command.js', import.meta.url));

let database: BooksDatabase;
let journal: JournalServer;
let service: ServiceUnderTest;

beforeAll(async () => {
  const tokens = await testTokens();
  database = await booksDatabase(await testDatabase());
  journal = await new JournalServer(tokens).start();
  await journal.append('u-main', events);
  service = await startService(database.url, journal, tokens);
  await eventually(
    () => service.ask(`/v1/ledgers/main/accounts?minPosition=${events.length}`),
    ({ status }) => status === 200,
    60_000,
  );
}, 120_000);
afterAll(async () => {
  await service.stop();
  journal.stop();
  await database.close();
});

/** The program as an operator runs it. */
function started(...args: string[]) {
  const child = spawn(process.execPath, [script, ...args], {
    env: {
      ...process.env,
      ADMIN_DATABASE_URL: database.adminUrl,
      DATABASE_URL: database.url,
      TRANSFERS_URL: journal.url,
      GATEWAY_URL: journal.url,
      SERVICE_KEY: 'a key that the test does not check',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (text: Buffer) => (said += text.toString()));
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as string | null,
    lines: said
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  }));
  return { child, ended, begun: once(child.stdout, 'data') };
}

const checksum = async (): Promise<string> => hash('sha256', JSON.stringify(await database.contents()));
const isThereAnythingBeside = async (): Promise<boolean> =>
  (await database.pool.query('SELECT to_regnamespace($1) IS NOT NULL AS there', [BESIDE])).rows[0].there;

it('killed at any moment it leaves the books as they are, and the next one takes away what it left', async () => {
  const sum = await checksum();
  const first = started();
  await first.begun;
  const began = Date.now();
  const { code, lines } = await first.ended;
  const whole = Date.now() - began;
  expect([code, lines.at(-1)]).toEqual([0, { done: { events: events.length, behind: 0, differences: [], switched: true } }]);
  const at = chance(3);
  const ends: (string | null)[] = [];
  let left = 0;
  let reading = true;
  const refused: unknown[] = [];
  const reader = (async () => {
    while (reading) {
      const { status, body } = await service.ask(`/v1/ledgers/main/trial-balance?minPosition=${events.length}`);
      if (status !== 200) refused.push(body);
    }
  })();
  for (let round = 0; round < 8; round++) {
    const { child, ended, begun } = started();
    await begun;
    await pause(at(whole));
    child.kill('SIGKILL');
    ends.push((await ended).signal);
    if (await isThereAnythingBeside()) left++;
    expect(await checksum()).toBe(sum);
  }
  reading = false;
  await reader;
  expect(refused).toEqual([]);
  expect(ends).toContain('SIGKILL');
  expect(left).toBeGreaterThan(0);
  // Its connections outlive a process that was killed by a moment.
  const last = await eventually(
    () => started().ended,
    ({ code: end }) => end === 0,
  );
  expect(last.lines.at(-1)).toMatchObject({ done: { switched: true } });
  expect(await isThereAnythingBeside()).toBe(false);
  expect(await checksum()).toBe(sum);
}, 180_000);

it('says where the books are not as the journal has them, and ends with 3', async () => {
  const sum = await checksum();
  await database.administer(`UPDATE accounts.ledgers SET closed_through = '1999-01-01'`);
  const { code, lines } = await started().ended;
  expect(code).toBe(3);
  expect(lines.at(-1).done).toMatchObject({
    switched: false,
    differences: [{ table: 'ledgers', rows: 1, ledger: 'acme/main', column: 'closed_through', live: '1999-01-01' }],
  });
  expect((await started('--although-different').ended).code).toBe(0);
  expect(await checksum()).toBe(sum);
}, 60_000);

it('interrupted, it takes away what it made', async () => {
  journal.readable = false;
  const { child, ended } = started();
  await eventually(isThereAnythingBeside, (there) => there);
  child.kill('SIGINT');
  const { code, lines } = await ended;
  expect([code, lines.at(-1).error]).toEqual([1, 'Broken off: the books that are read are as they were']);
  expect(await isThereAnythingBeside()).toBe(false);
  journal.readable = true;
}, 60_000);

it('is not run with words that it does not know', async () => {
  const { code, lines } = await started('--force').ended;
  expect([code, lines]).toEqual([2, []]);
});
