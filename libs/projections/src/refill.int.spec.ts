import { Depot, depotModel, eventually } from './depot.fixture.js';
import { refillingStreams, resumeRefill } from './refill.js';

let depot: Depot;
beforeEach(async () => {
  depot = await Depot.open();
}, 120_000);
afterEach(() => depot.close());

const full = (parcels: number): Promise<unknown> =>
  eventually(
    () => depot.read(),
    (shelves) => shelves.reduce((all, { counted }) => all + counted, 0) === parcels,
  );
/** The place up to which each consumer has followed the feed. */
const places = async (): Promise<unknown> =>
  (await depot.admin.query('SELECT consumer, token FROM depot.feed_tokens ORDER BY consumer')).rows;
const refilling = (): Promise<number> => refillingStreams(depot.pool, depotModel());

it('what a migration emptied is filled from the beginning of the feed; each stream is noted until it is back where it was', async () => {
  await depot.append('a', 1, 40);
  await depot.append('b', 1, 25);
  await full(65);
  await depot.admin.query(`INSERT INTO depot.feed_tokens VALUES ('carriers', '9')`);
  const before = await depot.read();
  await depot.follower.stop();
  // The last is of a stream whose end the feed does not have yet. The place is one that an instance of the release before has noted since.
  await depot.admin.query(`TRUNCATE depot.shelves, depot.parcels, depot.inbox;
    INSERT INTO depot.rebuilding VALUES ('shelf-a', 40), ('shelf-b', 25), ('shelf-c', 3)`);
  expect(await refilling()).toBe(3);
  await resumeRefill(depot.pool, depotModel());
  expect(await places()).toEqual([{ consumer: 'carriers', token: '9' }]);
  depot.follower.start();
  await full(65);
  expect(await depot.read()).toEqual(before);
  await depot.append('c', 1, 2);
  await full(67);
  expect(await refilling()).toBe(1);
  await depot.append('c', 3, 3);
  await full(68);
  expect(await refilling()).toBe(0);
});

it('a service that has nothing to refill goes on from its place', async () => {
  await depot.append('a', 1, 5);
  await full(5);
  await depot.follower.stop();
  const noted = await places();
  await resumeRefill(depot.pool, depotModel());
  expect(await places()).toEqual(noted);
  expect(noted).toMatchObject([{ consumer: 'depot' }]);
});
