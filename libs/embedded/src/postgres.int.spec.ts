import { chown, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type Postgres, startPostgres } from './postgres.js';
import { isPortFree } from './free-port.js';

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

describe('embedded PostgreSQL', () => {
  let directory: string;
  let running: Postgres | undefined;
  const start = async (password: string) => {
    running = await startPostgres({ dataDirectory: join(directory, 'postgres'), logFile: join(directory, 'postgres.log'), password });
    return running;
  };

  // A temporary folder that only its owner may enter, as mkdtemp makes it: the server's other uid must manage.
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'mizan-postgres-'))));
  afterEach(async () => {
    await running?.stop();
    await rm(directory, { recursive: true });
  });

  it('is durable, asks for the password, and listens on 127.0.0.1 alone', async () => {
    const { url } = await start('first secret');
    const settings = `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,
      current_setting('full_page_writes') AS pages, current_setting('listen_addresses') AS host, current_setting('unix_socket_directories') AS sockets,
      (SELECT datcollate FROM pg_database WHERE datname = 'postgres') AS collation`;
    expect(await query(url, settings)).toEqual([
      { fsync: 'on', commit: 'on', pages: 'on', host: '127.0.0.1', sockets: '', collation: 'C' },
    ]);
    await expect(query(url.replace('first%20secret', 'wrong'), 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('keeps committed rows over a kill and a restart in the same folder', async () => {
    const first = await start('secret');
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.kill();
    const second = await start('secret');
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  it('stops with clients connected, and gives its port back', async () => {
    const server = await start('secret');
    const client = new pg.Client({ connectionString: server.url });
    client.on('error', () => {});
    await client.connect();
    await server.stop();
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(await isPortFree(server.port)).toBe(true);
    await client.end().catch(() => {});
  });

  it('begins anew after a set-up that was killed half way, and leaves no password file', async () => {
    const first = await start('secret');
    await first.stop();
    await rm(join(directory, 'postgres', 'data', 'PG_VERSION'));
    await rename(join(directory, 'postgres', 'data'), join(directory, 'postgres', 'data.new'));
    const second = await start('another');
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await expect(stat(join(directory, 'postgres', 'password.new'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  const asRoot = process.getuid?.() === 0 ? it : it.skip;
  asRoot('run by root, also manages without a user namespace, as the owner that the folder has', async () => {
    const data = join(directory, 'postgres', 'data');
    await mkdir(data, { recursive: true });
    await chown(data, 1, 1);
    const first = await start('secret');
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.kill();
    expect((await stat(join(data, 'PG_VERSION'))).uid).toBe(1);
    const second = await start('secret');
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  it('says which version wrote a folder that it cannot read', async () => {
    const server = await start('secret');
    await server.stop();
    await writeFile(join(directory, 'postgres', 'data', 'PG_VERSION'), '17\n');
    await expect(start('secret')).rejects.toThrow(/was written by PostgreSQL 17; this is 18\. .*npm run clean/);
  });

  it('names the log and its last error when the server cannot start', async () => {
    const server = await start('secret');
    await server.stop();
    await writeFile(join(directory, 'postgres', 'data', 'postgresql.conf'), 'no_such_setting = 1\n');
    const failure = start('secret');
    await expect(failure).rejects.toThrow(/PostgreSQL stopped during its start \(exit code 1\): .*postgres\.log/);
    expect(await readFile(join(directory, 'postgres.log'), 'utf8')).toContain('no_such_setting');
  });
});
