import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { MizanClient } from '@mizan/client';
import { type Platform, runPlatform } from '@mizan/testing';
import { type Said, mizan } from './mizan.js';

const LEDGER = 'berka';
const ROWS = 1_500;
const CLIENTS_AT_ONCE = 8;
const ACCOUNTS = { debit: 'bank:cash', credit: 'clients:2378' };

interface Taken {
  readonly folder: string;
  readonly ledgers: readonly { readonly position: number; readonly checksum: string }[];
}

let home: string;
let platform: Platform;
let client: MizanClient;
/** Ids that were acknowledged, with their positions. */
const acknowledged = new Map<string, number>();

async function start(): Promise<void> {
  platform = await runPlatform({ directory: home, empty: true });
  client = new MizanClient({ url: platform.url, apiKey: platform.apiKey });
}
async function stop(): Promise<void> {
  await client.close();
  await platform.stop();
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'mizan-drill-'));
  await start();
  const bank = gunzipSync(readFileSync(new URL('../../../data/berka/transactions.csv.gz', import.meta.url))).toString('utf8');
  const file = join(home, 'first-rows.csv');
  await writeFile(file, `${bank.split('\n', ROWS + 1).join('\n')}\n`);
  expect(await mizan(platform, 'import', 'berka', file)).toMatchObject({ code: 0 });
}, 180_000);
afterAll(async () => {
  await stop();
  await rm(home, { recursive: true, force: true });
}, 60_000);

let posted = 0;
async function post(count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) {
    const id = `drill:${(posted += 1)}`;
    const { position } = (await client.transfer(LEDGER, { id, ...ACCOUNTS, amount: '100' })).body;
    acknowledged.set(id, position);
  }
}

/** Several at once, until the work is done. */
async function underLoad<T>(work: () => Promise<T>): Promise<T> {
  let over = false;
  const posting = Array.from({ length: CLIENTS_AT_ONCE }, async () => {
    while (!over) await post(1);
  });
  try {
    return await work();
  } finally {
    over = true;
    await Promise.all(posting);
  }
}

/** Of the journal as it comes over HTTP: each event as it was stored, and a line feed. */
async function checksum(): Promise<string> {
  const hash = createHash('sha256');
  for await (const event of client.journalTexts(LEDGER)) hash.update(event).update('\n');
  return hash.digest('hex');
}

const position = async (): Promise<number> => (await client.ledger(LEDGER)).position;
const data = (): string => join(home, 'postgres', 'data');
function json<T>({ code, out, err }: Said): T {
  if (code !== 0) throw new Error(err);
  return JSON.parse(out) as T;
}

let first: Taken;
let second: Taken;
let wanted: { position: number; checksum: string };
let last: { position: number; checksum: string };

it('takes a backup under load, which knows the books at its own moment', async () => {
  await post(20);
  const taken = await underLoad(() => mizan(platform, 'backup', '--json'));
  expect(taken.err).not.toContain('error');
  expect(taken.code).toBe(0);
  first = json<Taken>(taken);
  expect(first.ledgers).toHaveLength(1);
  // It lies inside of what was posted meanwhile.
  expect(first.ledgers[0]!.position).toBeGreaterThan(acknowledged.get('drill:20')!);
  expect(first.ledgers[0]!.position).toBeLessThanOrEqual(await position());
  await underLoad(() => post(50));
}, 180_000);

it('takes another, keeps both, and says how far they go', async () => {
  second = json<Taken>(await underLoad(() => mizan(platform, 'backup', '--json')));
  const { out } = await mizan(platform, 'backup', '--list', '--json');
  const { backups } = JSON.parse(out) as { backups: { onLine: boolean; gap: string | null; ledgers: Taken['ledgers'] }[] };
  expect(backups.map(({ ledgers }) => ledgers[0]!.position)).toEqual([first.ledgers[0]!.position, second.ledgers[0]!.position]);
  expect(backups.every(({ onLine, gap }) => onLine && gap === null)).toBe(true);
  await underLoad(() => post(50));
  wanted = { position: await position(), checksum: await checksum() };
  await underLoad(() => post(100));
  last = { position: await position(), checksum: await checksum() };
}, 180_000);

it('restores nothing under a platform that runs, except for a drill beside it', async () => {
  const refused = await mizan(platform, 'restore', '--to', `${LEDGER}@${wanted.position}`);
  expect(refused.err).toMatch(/error: Mizan is already running here \(pid \d+\)/);
  expect(refused.code).toBe(1);
  const drill = await mizan(platform, 'restore', '--drill', '--json', '--to', `${LEDGER}@${second.ledgers[0]!.position}`);
  expect(json(drill)).toMatchObject({ before: null, ledgers: [second.ledgers[0]] });
  // A group stands in one append: its middle cannot be had without its end.
  const operations = ['a', 'b', 'c'].map((id) => ({ op: 'transfer' as const, id: `drill:group:${id}`, ...ACCOUNTS, amount: '1' }));
  await client.batch(LEDGER, [{ op: 'group', operations }]);
  last = { position: await position(), checksum: await checksum() };
}, 180_000);

it('refuses what cannot be restored, and says why', async () => {
  await stop();
  await rm(data(), { recursive: true });
  const refusal = async (...flags: readonly string[]): Promise<string> => {
    const { code, err } = await mizan(platform, 'restore', ...flags);
    expect(code).toBe(1);
    expect(existsSync(data())).toBe(false);
    return err;
  };
  const before = first.ledgers[0]!.position - 1;
  expect(await refusal('--to', `${LEDGER}@${before}`)).toMatch(/The target lies before the end of the oldest backup/);
  expect(await refusal('--to', `${LEDGER}@${last.position + 1}`)).toContain(`it reaches ${LEDGER}@${last.position}`);
  expect(await refusal('--to', 'nothing@1')).toMatch(/holds no ledger nothing/);
  expect(await refusal('--to-time', '2100-01-01')).toMatch(/The target was not reached: the archive ends before it/);

  // One byte of one file, of its list, and of one WAL file; then a WAL file that is gone.
  const table = join(second.folder, 'data', 'global', 'pg_filenode.map');
  await damaged(table, async () => expect(await refusal()).toMatch(/pg_filenode\.map is damaged/));
  const manifest = join(second.folder, 'manifest.json');
  await damaged(manifest, async () => expect(await refusal()).toMatch(/manifest\.json is damaged/));
  const wal = join(second.folder, '..', '..', 'wal');
  const segments = (await readdir(wal)).filter((name) => /^[0-9A-F]{24}\.gz$/.test(name)).sort();
  const middle = segments.at(-2)!;
  await damaged(join(wal, middle), async () => expect(await refusal()).toMatch(new RegExp(`${middle} is damaged`)));
  await rename(join(wal, middle), join(home, middle));
  const missing = middle.replace('.gz', '');
  expect(await refusal()).toContain(`The WAL file ${missing} is missing`);
  expect(await refusal('--to', `${LEDGER}@${last.position}`)).toContain(`the WAL file ${missing} is missing`);
  await rename(join(home, middle), join(wal, middle));
}, 300_000);

async function damaged(file: string, work: () => Promise<void>): Promise<void> {
  const content = await readFile(file);
  const changed = Buffer.from(content);
  const at = Math.floor(content.length / 2);
  changed[at] = content[at]! ^ 1;
  await writeFile(file, changed);
  await work();
  await writeFile(file, content);
}

it('starts no empty platform in the place of one whose restore was broken off', async () => {
  await expect(runPlatform({ directory: home, empty: true })).rejects.toThrow(/A restore .* was broken off .*npx mizan restore/);
}, 60_000);

it('brings a destroyed platform back to a position: the same checksum, the read models equal, and posting goes on', async () => {
  const restored = await mizan(platform, 'restore', '--json', '--to', `${LEDGER}@${wanted.position}`);
  expect(restored.code).toBe(0);
  expect(json(restored)).toMatchObject({ before: null, ledgers: [{ id: LEDGER, ...wanted }] });
  await start();
  expect({ position: await position(), checksum: await checksum() }).toEqual(wanted);
  const replay = await mizan(platform, 'replay');
  expect(replay.out).toMatch(new RegExp(`\\nall equal at position ${wanted.position.toLocaleString('en')} of ${LEDGER}\\n$`));
  // What was acknowledged up to the position is there; what came after it is not, and its ids are free.
  const after = [...acknowledged].find(([, at]) => at > wanted.position)![0];
  const kept = [...acknowledged].findLast(([, at]) => at <= wanted.position)!;
  expect(await client.entry(LEDGER, kept[0])).toMatchObject({ position: kept[1] });
  const again = await client.transfer(LEDGER, { id: after, ...ACCOUNTS, amount: '700' });
  expect(again.body.position).toBe(wanted.position + 1);
  const credits = await client.balance(LEDGER, ACCOUNTS.credit, { minPosition: again.body.position });
  expect(credits.position).toBe(again.body.position);
}, 300_000);

it('brings it back in another home, which leaves the archive to the first one', async () => {
  const other = { ...platform, directory: join(home, 'other') };
  const restored = await mizan(other, 'restore', '--json', '--from', join(home, 'backup'), '--history', '1');
  expect(json(restored)).toMatchObject({ before: null, archive: null, ledgers: [last] });
  expect(await readdir(join(other.directory, 'postgres', 'data'))).not.toContain('archive-to');
}, 120_000);

it('goes on from there: what was posted since is restored, and what the restore left can still be had', async () => {
  await post(30);
  const now = { position: await position(), checksum: await checksum() };
  await stop();
  const latest = await mizan(platform, 'restore', '--json');
  expect(json(latest)).toMatchObject({ before: expect.stringContaining('data.before-') as string, ledgers: [now] });
  const left = await mizan(platform, 'restore', '--json', '--drill', '--history', '1');
  expect(json(left)).toMatchObject({ ledgers: [last] });
  const middle = await mizan(platform, 'restore', '--json', '--drill', '--history', '1', '--to', `${LEDGER}@${last.position - 1}`);
  expect(json(middle)).toMatchObject({ ledgers: [last] });
  await start();
  expect({ position: await position(), checksum: await checksum() }).toEqual(now);
  expect((await mizan(platform, 'replay')).code).toBe(0);
}, 300_000);

it('restores what no archive has yet, where the WAL of the killed server is still there', async () => {
  await post(25);
  const now = { position: await position(), checksum: await checksum() };
  process.kill(await platform.pidOf('PostgreSQL'), 'SIGKILL');
  await stop();
  await rm(join(data(), 'base'), { recursive: true });
  const restored = await mizan(platform, 'restore', '--json');
  expect(json(restored)).toMatchObject({ ledgers: [now] });
  await start();
  expect({ position: await position(), checksum: await checksum() }).toEqual(now);
}, 300_000);
