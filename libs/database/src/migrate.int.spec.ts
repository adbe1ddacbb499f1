import { type TestDatabase, testDatabase } from '@mizan/testing';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type ServiceMigration, migrateService } from './migrate.js';
import { serviceRole, serviceUrl } from './service-role.js';

let database: TestDatabase;
let admin: pg.Client;
let directory: string;
let migration: ServiceMigration;
/** A role is the whole server's: each test has its own. */
let service: string;
let role: string;

beforeEach(async () => {
  database = await testDatabase();
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  directory = await mkdtemp(join(tmpdir(), 'mizan-migrations-'));
  service = `probe_${randomBytes(4).toString('hex')}`;
  role = serviceRole(service);
  migration = { adminUrl: database.adminUrl, service, password: "first'pass\\word", schemas: [{ schema: 'probe', directory }] };
  await file(
    '0001_lines',
    `CREATE TABLE probe.lines (id bigint, tags text[] DEFAULT '{}'); GRANT SELECT, INSERT ON probe.lines TO ${role}`,
  );
  await file('0002_more', 'ALTER TABLE probe.lines ADD note text;');
});

afterEach(async () => {
  await admin?.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await admin?.end();
  await rm(directory, { recursive: true, force: true });
  await database?.drop();
});

const file = (name: string, sql: string): Promise<void> => writeFile(join(directory, `${name}.sql`), sql);

async function asService<T>(password: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: serviceUrl(database.adminUrl, service, password) });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

test('runs each file once, in order, and counts what it ran', async () => {
  expect(await migrateService(migration)).toBe(2);
  expect(await migrateService(migration)).toBe(0);
  await file('0003_index', 'CREATE INDEX ON probe.lines (id);');
  expect(await migrateService(migration)).toBe(1);
});

test('the service may do what was granted, and owns nothing', async () => {
  await migrateService(migration);
  await asService(migration.password, async (client) => {
    await client.query('INSERT INTO probe.lines (id) VALUES (1)');
    expect((await client.query('SELECT id, tags FROM probe.lines')).rows).toEqual([{ id: '1', tags: [] }]);
    await expect(client.query('DELETE FROM probe.lines')).rejects.toMatchObject({ code: '42501' });
    await expect(client.query('CREATE TABLE probe.mine (id bigint)')).rejects.toMatchObject({ code: '42501' });
    await expect(client.query('SELECT * FROM probe.migrations')).rejects.toMatchObject({ code: '42501' });
  });
});

test('a new password is the only one from then on', async () => {
  await migrateService(migration);
  expect(await migrateService({ ...migration, password: 'second' })).toBe(0);
  await asService('second', (client) => client.query('SELECT 1'));
  await expect(asService(migration.password, (client) => client.query('SELECT 1'))).rejects.toMatchObject({ code: '28P01' });
});

test('a word of the SQL has another name, and the words around it stay', async () => {
  await file('0001_lines', "CREATE TABLE ours.lines (tags text[] DEFAULT '{ours_too}'); GRANT SELECT, INSERT ON ours.lines TO our_role");
  await migrateService({ ...migration, schemas: [{ schema: 'probe', directory, renamed: { ours: 'probe', our_role: role } }] });
  await asService(migration.password, async (client) => {
    await client.query('INSERT INTO probe.lines DEFAULT VALUES');
    expect((await client.query('SELECT tags FROM probe.lines')).rows).toEqual([{ tags: ['ours_too'] }]);
  });
});

test('two directories of one schema each run by themselves', async () => {
  const [own] = migration.schemas;
  const second = { ...own!, directory: join(directory, 'second'), table: 'second_migrations' };
  await mkdir(second.directory);
  await writeFile(join(second.directory, '0001_first.sql'), 'CREATE TABLE probe.second (id bigint)');
  const both = { ...migration, schemas: [own!, second] };
  expect(await migrateService(both)).toBe(3);
  expect(await migrateService(both)).toBe(0);
});

test('a file that fails is named, and leaves nothing of the run', async () => {
  await file('0003_wrong', 'CREATE TABLE probe.half (id bigint); CREAT TABLE probe.other (id bigint);');
  await expect(migrateService(migration)).rejects.toThrow(/probe failed at 0003_wrong: .*CREAT/);
  const { rows } = await admin.query(
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'probe' AND table_name <> 'migrations'",
  );
  expect(rows).toEqual([]);
});

test('a file that comes before one that ran is refused', async () => {
  await migrateService(migration);
  await file('0001_a_late_thought', 'CREATE TABLE probe.late (id bigint);');
  await expect(migrateService(migration)).rejects.toThrow(/0001_a_late_thought/);
});

test('many at once: each file runs once', async () => {
  const applied = await Promise.all(Array.from({ length: 6 }, () => migrateService(migration)));
  expect(applied.toSorted((a, b) => a - b)).toEqual([0, 0, 0, 0, 0, 2]);
});

test('many databases of one server may make the same role at once', async () => {
  const databases = await Promise.all(Array.from({ length: 6 }, () => testDatabase()));
  try {
    const applied = await Promise.all(databases.map(({ adminUrl }) => migrateService({ ...migration, adminUrl })));
    expect(applied).toEqual([2, 2, 2, 2, 2, 2]);
  } finally {
    await Promise.all(databases.map((each) => each.drop()));
    await migrateService(migration); // The role that afterEach removes.
  }
});

test("refuses a role with an administrator's rights", async () => {
  await admin.query(`CREATE ROLE ${role} SUPERUSER`);
  await expect(migrateService(migration)).rejects.toThrow(/administrator's rights/);
});
