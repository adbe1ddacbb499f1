import { accountBody, topicOf } from '@mizan/contracts';
import { TopicRelay } from '@mizan/messaging';
import { type OwnKafka, ownKafka, testDatabase, testTokens } from '@mizan/testing';
import { type BooksDatabase, booksDatabase } from './books.fixture.js';
import { accountsOf, randomHistory } from './history.fixture.js';
import { JournalServer, type ServiceUnderTest, eventually, placeInMemory, startService } from './service.fixture.js';

const { events } = randomHistory(3, 400, 'acme', 'main');
const half = events.findIndex(({ position, group }) => position > 200 && group === null);

let kafka: OwnKafka;
let database: BooksDatabase;
let journal: JournalServer;
let relay: TopicRelay;
let service: ServiceUnderTest;

beforeAll(async () => {
  const tokens = await testTokens();
  [kafka, database] = await Promise.all([ownKafka(), booksDatabase(await testDatabase())]);
  journal = await new JournalServer(tokens).start();
  // The feed keeps silent: what the books know, they know from Kafka.
  journal.announcing = false;
  relay = new TopicRelay({
    topic: topicOf('transfers'),
    store: journal.store,
    texts: journal.texts,
    tokens: placeInMemory(),
    brokers: kafka.brokers,
  });
  relay.start();
  service = await startService(database.url, journal, tokens, kafka.brokers);
}, 180_000);
afterAll(async () => {
  await service.stop();
  await relay.stop();
  journal.stop();
  await database.close();
  await kafka.stop();
}, 60_000);

it('what is said on mizan.journal stands in the books', async () => {
  await journal.append('u-main', events.slice(0, half));
  await upTo(half);
  await journal.append('u-main', events.slice(half));
  await upTo(events.length);
  const expected = [...accountsOf(events).values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  expect((await service.ask('/v1/ledgers/main/accounts?limit=1000')).body.items).toEqual(
    expected.map((account) => accountBody(account, events.length)),
  );
  expect((await service.ask('/health/ready')).body.checks).toMatchObject({
    kafka: { state: 'consuming', groupId: 'accounts' },
    journal: { bus: 'kafka', lag: 0 },
  });
}, 120_000);

it('what Kafka left out is filled in from the feed', async () => {
  const { events: missed } = randomHistory(4, 60, 'acme', 'missed');
  await relay.stop();
  // Nobody will hear of the first half, and of the second half only this process's relay, which begins behind it.
  const rest = missed.findIndex(({ position, group }) => position > 30 && group === null);
  await journal.append('u-missed', missed.slice(0, rest));
  const behind = (await journal.store.heads(null, 1000)).next;
  relay = new TopicRelay({
    topic: topicOf('transfers'),
    store: journal.store,
    texts: journal.texts,
    tokens: placeInMemory(behind),
    brokers: kafka.brokers,
  });
  relay.start();
  await journal.append('u-missed', missed.slice(rest));
  const { body } = await eventually(
    () => service.ask('/v1/ledgers/missed/accounts?limit=1000'),
    ({ status, body: found }) => status === 200 && found.items[0]?.balances.position === missed.length,
    90_000,
  );
  const expected = [...accountsOf(missed).values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  expect(body.items).toEqual(expected.map((account) => accountBody(account, missed.length)));
}, 120_000);

const upTo = (position: number) =>
  eventually(
    () => service.ask('/v1/ledgers/main/accounts?limit=1'),
    ({ status, body }) => status === 200 && body.items[0]?.balances.position === position,
    90_000,
  );
