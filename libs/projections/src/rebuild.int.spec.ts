import type { Feed } from '@mizan/messaging';
import { Depot, type ShelfRead, depotModel, eventually } from './depot.fixture.js';

let depot: Depot;
beforeEach(async () => {
  depot = await Depot.open();
}, 120_000);
afterEach(() => depot.close());

/** The shelves a and b, with 40 and 25 parcels, as they are read. */
async function filled(): Promise<void> {
  await depot.append('b', 1, 25);
  await depot.append('a', 1, 40);
  await followed(65);
}
const total = (shelves: readonly ShelfRead[]): number => shelves.reduce((all, { counted }) => all + counted, 0);
const followed = (events: number): Promise<unknown> =>
  eventually(
    () => depot.read(),
    (shelves) => total(shelves) === events,
  );

/** The feed, whose streams cannot be read before they are let go. */
function heldFeed(): { readonly feed: Feed; letGo(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { feed } = depot;
  return {
    feed: { heads: (...asked) => feed.heads(...asked), stream: (...asked) => promise.then(() => feed.stream(...asked)) },
    letGo: resolve,
  };
}

it('is made again while events go on arriving, and switched: no read is refused, none goes back, none sees half of it', async () => {
  await filled();
  let going = true;
  let written = 40;
  let seen = 0;
  const wrong: unknown[] = [];
  const reader = (async () => {
    for (let before = 65; going; seen++) {
      const shelves = await depot.read().catch((error: unknown) => void wrong.push(error));
      if (!shelves) continue;
      const now = total(shelves);
      if (now < before || shelves.some(({ parcels, counted }) => counted !== parcels)) wrong.push({ before, shelves });
      before = now;
    }
  })();
  const writer = (async () => {
    for (; going; written += 5) {
      await depot.append('a', written + 1, written + 5);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  const moved: number[] = [];
  try {
    for (let round = 0; round < 3; round++) {
      const [tables, began] = [await depot.identities(), written];
      expect(await depot.rebuild()).toMatchObject({ behind: 0, differences: [], switched: true });
      expect(await depot.identities()).not.toEqual(tables);
      moved.push(written - began);
    }
  } finally {
    going = false;
  }
  await Promise.all([reader, writer]);
  expect(wrong).toEqual([]);
  expect(seen).toBeGreaterThan(10);
  expect(Math.min(...moved)).toBeGreaterThan(0);
  await followed(written + 25);
  expect(await depot.isThereAShadow()).toBe(false);
}, 60_000);

it('numbers that only the tables give are no difference', async () => {
  await depot.admin.query('ALTER TABLE depot.shelves ALTER number RESTART WITH 700');
  await filled();
  expect(await depot.rebuild()).toEqual({ events: 65, behind: 0, differences: [], switched: true });
  expect((await depot.admin.query('SELECT max(number) AS number FROM depot.shelves')).rows).toEqual([{ number: 2 }]);
});

const ofA = `shelf = (SELECT number FROM depot.shelves WHERE name = 'a')`;
it.each([
  [
    'an amount',
    `UPDATE depot.parcels SET weight = 99999999999999999999999 WHERE ${ofA} AND place IN (7, 9)`,
    {
      table: 'parcels',
      rows: 2,
      names: { shelf: 'a' },
      key: { place: '7' },
      column: 'weight',
      live: '99999999999999999999999',
      made: '70',
    },
  ],
  [
    'a missing row',
    `DELETE FROM depot.parcels WHERE ${ofA} AND place = 3`,
    { table: 'parcels', rows: 1, names: { shelf: 'a' }, key: { place: '3' }, column: null, live: 'missing', made: 'present' },
  ],
  [
    'a row too many',
    `INSERT INTO depot.shelves (name, parcels) VALUES ('ghost', 0)`,
    { table: 'shelves', rows: 1, names: {}, key: { name: 'ghost' }, column: null, live: 'present', made: 'missing' },
  ],
  [
    'a value for none',
    `UPDATE depot.parcels SET sender = 'Somebody else' WHERE ${ofA} AND place = 1`,
    { table: 'parcels', rows: 1, names: { shelf: 'a' }, key: { place: '1' }, column: 'sender', live: '(not shown)', made: '(not shown)' },
  ],
  [
    'JSON',
    `UPDATE depot.parcels SET label = '{"place":0}' WHERE ${ofA} AND place = 1`,
    { table: 'parcels', rows: 1, names: { shelf: 'a' }, key: { place: '1' }, column: 'label', live: '{"place":0}', made: '{"place" : 1}' },
  ],
  [
    'a row that the description leaves out',
    `INSERT INTO depot.parcels VALUES (99, 1, 10, null, '{}')`,
    { table: 'parcels', rows: 1, names: {}, key: {}, column: null, live: '66 rows', made: '65 rows' },
  ],
  [
    'an inbox that claims more than there is',
    `UPDATE depot.inbox SET version = 50 WHERE stream = 'shelf-a'`,
    { table: 'inbox', rows: 1, names: { shelf: 'a' }, key: { stream: 'shelf-a' }, column: 'version', live: '50', made: '40' },
  ],
])('%s that is not as the feed has it is named and stops the switch; told to, it is mended', async (_, plant, difference) => {
  await filled();
  await depot.admin.query(plant);
  const tables = await depot.identities();
  expect(await depot.rebuild()).toEqual({ events: 65, behind: 0, differences: [difference], switched: false });
  expect([await depot.identities(), await depot.isThereAShadow()]).toEqual([tables, false]);
  expect(await depot.rebuild({ althoughDifferent: true })).toMatchObject({ differences: [difference], switched: true });
  expect(await depot.rebuild()).toMatchObject({ differences: [], switched: true });
  await depot.append('a', 41, 42);
  await followed(67);
});

it('each table that differs is named', async () => {
  await filled();
  await depot.admin.query(`UPDATE depot.shelves SET parcels = 0; DELETE FROM depot.parcels WHERE place = 2`);
  expect(await depot.rebuild()).toMatchObject({
    differences: [
      { table: 'shelves', rows: 2, key: { name: 'a' }, column: 'parcels', live: '0', made: '40' },
      { table: 'parcels', rows: 2, names: { shelf: 'a' }, key: { place: '2' } },
    ],
  });
});

it('a column that a migration adds is compared from then on', async () => {
  await filled();
  await depot.admin.query(`ALTER TABLE depot.parcels ADD damaged boolean NOT NULL DEFAULT false`);
  expect((await depot.rebuild()).switched).toBe(true);
  await depot.admin.query(`UPDATE depot.parcels SET damaged = true WHERE place = 4`);
  expect(await depot.rebuild()).toMatchObject({
    switched: false,
    differences: [{ table: 'parcels', rows: 2, column: 'damaged', live: 'true' }],
  });
});

it('killed in the middle, the tables that are read are as they were, and the next one begins anew', async () => {
  await filled();
  const [tables, read] = [await depot.identities(), await depot.read()];
  const held = heldFeed();
  const killed = depot.rebuild({ feed: held.feed }).catch((error: unknown) => error);
  await eventually(() => depot.isThereAShadow(), Boolean);
  // What a process that dies takes with it.
  await depot.admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '%depot_rebuild'`,
  );
  held.letGo();
  expect(await killed).toBeInstanceOf(Error);
  expect([await depot.identities(), await depot.read(), await depot.isThereAShadow()]).toEqual([tables, read, true]);
  expect(await depot.rebuild()).toMatchObject({ differences: [], switched: true });
  expect([await depot.read(), await depot.isThereAShadow()]).toEqual([read, false]);
});

it('broken off by its signal it leaves nothing', async () => {
  await filled();
  const tables = await depot.identities();
  const [held, leave] = [heldFeed(), new AbortController()];
  const broken = depot.rebuild({ feed: held.feed, signal: leave.signal }).catch((error: unknown) => error);
  await eventually(() => depot.isThereAShadow(), Boolean);
  leave.abort(new Error('Broken off'));
  held.letGo();
  expect(await broken).toMatchObject({ message: 'Broken off' });
  expect([await depot.identities(), await depot.isThereAShadow()]).toEqual([tables, false]);
});

it('a table of the service that the list lacks is refused by name, and so is one that is not there; others may keep tables of their own', async () => {
  await filled();
  const tables = await depot.identities();
  const model = { ...depotModel(), kept: ['dead_letters', 'relay_tokens'] };
  await expect(depot.rebuild({ model })).rejects.toThrow(
    /^The shelves are not .*: carriers is there and not listed\. Nothing was changed\.$/,
  );
  await expect(depot.rebuild({ model: { ...depotModel(), tables: [...model.tables, { name: 'routes' }] } })).rejects.toThrow(
    /routes is listed and not there/,
  );
  expect([await depot.identities(), await depot.isThereAShadow()]).toEqual([tables, false]);
  await depot.admin.query('CREATE TABLE depot.report (day date)');
  expect((await depot.rebuild()).switched).toBe(true);
  expect((await depot.admin.query('SELECT FROM depot.report')).rowCount).toBe(0);
});

it.each([
  [
    'a row without one of its columns',
    { rows: (from: string) => `SELECT shelf, place, weight, label FROM ${from}.parcels` },
    /parcels\.sender/,
  ],
  ['a key that nothing stands for', { generated: { shelf: null } }, /parcels\.shelf is of the primary key/],
  ['words that it does not have', { untold: ['words'] }, /parcels\.words/],
  ['nothing that tells its rows apart', { name: 'inbox_log' }, /inbox_log has no primary key/],
])('a description with %s is refused before anything is begun', async (_, wrong, message) => {
  await filled();
  await depot.admin.query('CREATE TABLE depot.inbox_log (line text)');
  const tables = await depot.identities();
  const model = {
    ...depotModel(),
    kept: [...depotModel().kept!, 'parcels', 'rebuilding'],
    tables: [depotModel().tables[0]!, { name: 'parcels', ...wrong }],
  };
  const steps: string[] = [];
  await expect(depot.rebuild({ model, step: (text) => steps.push(text) })).rejects.toThrow(message);
  expect(steps).toEqual([]);
  expect([await depot.identities(), await depot.isThereAShadow()]).toEqual([tables, false]);
});

it("another consumer's place in the same inbox outlives the switch", async () => {
  await filled();
  await depot.admin.query(
    `INSERT INTO depot.inbox VALUES ('carriers', 'shelf-a', 12); INSERT INTO depot.feed_tokens VALUES ('carriers', '9')`,
  );
  expect((await depot.rebuild()).switched).toBe(true);
  const { rows } = await depot.admin.query(
    `SELECT version, token FROM depot.inbox JOIN depot.feed_tokens USING (consumer) WHERE consumer = 'carriers'`,
  );
  expect(rows).toEqual([{ version: 12, token: '9' }]);
});

it('one read model is made again once at a time; two of one database may be at the same time', async () => {
  await filled();
  const other = await depot.beside('annex');
  try {
    const held = heldFeed();
    const first = depot.rebuild({ feed: held.feed });
    await eventually(() => depot.isThereAShadow(), Boolean);
    await expect(depot.rebuild()).rejects.toThrow(/^The shelves are being made again already \(since 20/);
    expect((await other.rebuild()).switched).toBe(true);
    held.letGo();
    expect((await first).switched).toBe(true);
  } finally {
    await other.close();
  }
});
