import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { accountBody, journalStream, topics } from '@mizan/contracts';
import { DeadLetters, JournalRelay, encodeMessages } from '@mizan/messaging';
import { type OwnKafka, ownKafka, testDatabase, testTokens, writeMessage } from '@mizan/testing';
import { type BooksDatabase, booksDatabase } from './books.fixture.js';
import { accountsOf, fed, randomHistory } from './history.fixture.js';
import { JournalServer, type ServiceUnderTest, type Tokens, eventually, startService } from './service.fixture.js';

import.meta.jest.setTimeout(180_000);

// The command as it is run by hand: what is built, as a process of its own.
const program = fileURLToPath(new URL('../dist/message.command.js', import.meta.url));
const { events } = randomHistory(5, 40, 'acme', 'main');
const LETTER = `${topics.deadLetters.name}/0@`;

let kafka: OwnKafka;
let database: BooksDatabase;
let journal: JournalServer;
let relay: JournalRelay;
let tokens: Tokens;
let service: ServiceUnderTest;

beforeAll(async () => {
  tokens = await testTokens();
  [kafka, database] = await Promise.all([ownKafka(), booksDatabase(await testDatabase())]);
  journal = await new JournalServer(tokens).start();
  // The feed says that nothing ever happened: what the books know, they know from Kafka.
  journal.announcing = false;
  let place = null as Awaited<ReturnType<JournalServer['store']['heads']>>['next'];
  const claim = {
    read: async () => place,
    store: async (token: NonNullable<typeof place>) => void (place = token),
    release: async () => {},
  };
  relay = new JournalRelay({
    store: journal.store,
    texts: journal.texts,
    tokens: { claim: async () => claim },
    brokers: kafka.brokers,
  });
  relay.start();
  service = await startService(database.url, journal, tokens, kafka.brokers);
});
afterAll(async () => {
  await service.stop();
  await relay.stop();
  journal.stop();
  await database.close();
  await kafka.stop();
});

interface Ended {
  readonly code: number;
  readonly lines: readonly Record<string, unknown>[];
  readonly complaint: string;
}

async function command(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, KAFKA_BROKERS: kafka.brokers.join(',') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  const [out, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const lines = out.split('\n').filter((line) => line !== '');
  return { code: await ended, lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>), complaint };
}

const positionOf = async (ledger: string): Promise<number> =>
  ((await service.ask(`/v1/ledgers/${ledger}/accounts?limit=1`)).body.items?.[0]?.balances.position as number | undefined) ?? 0;
const upTo = (ledger: string, position: number): Promise<number> =>
  eventually(
    () => positionOf(ledger),
    (at) => at === position,
    90_000,
  );

it.each([[], ['look'], ['look', 'mizan.journal'], ['list', 'mizan.journal/0@1'], ['skip', 'mizan.journal/0@1'], ['look', 'a/0@1', 'more']])(
  'says how it is used when asked %j %j',
  async (...args) => {
    expect(await command(...args)).toMatchObject({ code: 2, lines: [], complaint: expect.stringMatching(/^Usage: /) });
  },
);

it('puts aside what is none of the journal’s, and the books go on behind it', async () => {
  const half = events.findIndex(({ position, group }) => position > 20 && group === null);
  await journal.append('u-main', events.slice(0, half));
  await upTo('main', half);
  expect(await command('list')).toEqual({ code: 0, lines: [], complaint: '' });

  await writeMessage(kafka.brokers, topics.journal.name, '{"iban":"of somebody"}');
  const { body } = await eventually(
    () => service.ask('/health/ready'),
    ({ status }) => status === 503,
  );
  const [, at] = /the message (\S+) is none of the journal's/.exec(body.checks.journal.detail as string)!;
  const fault = 'The message is not { stream, events: [...] } with at least one event.';
  expect(await command('look', at!)).toEqual({ code: 0, lines: [{ place: at, key: null, bytes: 22, fault }], complaint: '' });
  const passed = await command('pass-over', at!);
  expect(passed).toMatchObject({ code: 0, lines: [{ place: at, key: null, bytes: 22, fault, parked: true, passedOver: true }] });
  expect(passed.complaint).toMatch(/^Start the service accounts again/);
  expect(await command('pass-over', at!)).toMatchObject({
    code: 1,
    lines: [],
    complaint: expect.stringContaining('has passed it already'),
  });

  await journal.append('u-main', events.slice(half));
  await service.stop();
  service = await startService(database.url, journal, tokens, kafka.brokers);
  await upTo('main', events.length);

  const letter = { place: `${LETTER}0`, from: at, group: 'accounts', reason: fault, at: expect.any(String), bytes: 22, replayedAt: null };
  expect(await command('list')).toEqual({ code: 0, lines: [letter], complaint: '' });
  // Sent again it would bring the books to a halt once more.
  expect(await command('replay', `${LETTER}0`)).toMatchObject({
    code: 1,
    lines: [],
    complaint: expect.stringContaining('still none of the journal'),
  });
  expect((await service.ask('/health/ready')).status).toBe(200);
});

it('sends a message of the journal again, once; what is in the books already changes nothing', async () => {
  const { events: parked } = randomHistory(6, 40, 'acme', 'parked');
  const stream = journalStream('u-parked');
  const half = parked.findIndex(({ position, group }) => position > 20 && group === null);
  const messageOf = (some: typeof parked): Buffer => {
    const encoded = fed(some, 'u-parked');
    const [message] = encodeMessages(
      stream,
      encoded,
      encoded.map(() => null),
    );
    return message!.value;
  };
  const [first, rest] = [messageOf(parked.slice(0, half)), messageOf(parked.slice(half))];
  // Nobody but the dead letters brings it.
  await relay.stop();
  await journal.append('u-parked', parked.slice(0, half));
  const from = { topic: topics.journal.name, partition: 0, offset: '0' };
  for (const value of [first, first, rest])
    await new DeadLetters(kafka.brokers).park(
      { key: Buffer.from(stream), value, headers: {} },
      { from, group: 'another', reason: 'not understood' },
    );
  expect(await command('replay', `${LETTER}1`)).toMatchObject({
    code: 0,
    lines: [{ from: 'mizan.journal/0@0', replayedAt: expect.any(String) }],
  });
  await upTo('parked', half);
  expect(await command('replay', `${LETTER}1`)).toMatchObject({ code: 1, complaint: expect.stringContaining('sent again already') });
  await journal.append('u-parked', parked.slice(half));
  // What was sent after it, in the same partition, has been applied: so the second one was seen, too.
  for (const letter of [2, 3]) expect(await command('replay', `${LETTER}${letter}`)).toMatchObject({ code: 0 });
  await upTo('parked', parked.length);
  const expected = [...accountsOf(parked).values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  expect((await service.ask('/v1/ledgers/parked/accounts?limit=1000')).body.items).toEqual(
    expected.map((account) => accountBody(account, parked.length)),
  );
  expect((await command('list')).lines.map(({ replayedAt }) => replayedAt !== null)).toEqual([false, true, true, true]);
});

it('puts aside what only looks like the journal’s', async () => {
  const { events: forged } = randomHistory(7, 20, 'acme', 'forged');
  await writeMessage(
    kafka.brokers,
    topics.journal.name,
    JSON.stringify({ stream: journalStream('u-forged'), events: fed(forged, 'u-forged') }),
  );
  const { body } = await eventually(
    () => service.ask('/health/ready'),
    ({ status }) => status === 503,
    60_000,
  );
  const halted = /the message (\S+) is none of the journal's: the journal has no stream journal-u-forged\./;
  const [, at] = halted.exec(body.checks.journal.detail as string)!;
  expect((await service.ask('/v1/ledgers/forged/accounts?limit=1')).status).toBe(404);
  expect(await command('look', at!)).toMatchObject({ code: 0, lines: [{ place: at, fault: null }] });
  expect(await command('pass-over', at!)).toMatchObject({
    code: 0,
    lines: [{ place: at, parked: true, passedOver: true }],
    complaint: expect.stringContaining('comes by the feed'),
  });
  await service.stop();
  service = await startService(database.url, journal, tokens, kafka.brokers);
  await upTo('parked', await positionOf('parked'));
  expect((await service.ask('/health/ready')).status).toBe(200);
});

it('says what is wrong with a place', async () => {
  expect(await command('look', 'mizan.journal/9@0')).toMatchObject({
    code: 1,
    complaint: 'mizan.journal/9@0: The topic mizan.journal has no partition 9.\n',
  });
  expect(await command('replay', `${LETTER}77`)).toMatchObject({
    code: 1,
    complaint: `${LETTER}77: No dead letter lies at ${LETTER}77.\n`,
  });
});
