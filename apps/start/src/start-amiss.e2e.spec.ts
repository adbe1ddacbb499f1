import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { MizanClient } from '@mizan/client';
import { freePort } from '@mizan/embedded';
import { topicOf } from '@mizan/contracts';
import { ownKafka, ownPostgres, runPlatform, writeMessage } from '@mizan/testing';
import type { Development } from './bring-up.js';
import { root } from './home.js';
import { RunningStart, allGone, isAlive, temporaryHome } from './start.fixture.js';
import { exitCodes } from './start-problem.js';

import.meta.jest.setTimeout(240_000);

describe('npm start where something is amiss', () => {
  let home: string;
  let remove: () => Promise<void>;
  let start: RunningStart | undefined;
  beforeAll(async () => ({ home, remove } = await temporaryHome()));
  afterEach(async () => {
    start?.child.kill('SIGKILL');
    await start?.ended();
    start = undefined;
  });
  afterAll(() => remove());

  const begin = (environment: Record<string, string> = {}, args = ['--empty'], command?: string[]): RunningStart =>
    (start = new RunningStart({ home, args, environment, ...(command ? { command } : {}) }));

  /** One sentence on stderr, and nothing half-running. */
  async function refuses(running: RunningStart, code: number, message: RegExp): Promise<void> {
    expect(await running.ended()).toBe(code);
    expect(running.stderr).toMatch(message);
    expect(running.stderr.trim().split('\n')).toHaveLength(1);
    expect(existsSync(join(home, 'run.json'))).toBe(false);
  }

  it('an unknown option', () => refuses(begin({}, ['--emtpy']), exitCodes.usage, /^✗ Unknown option '--emtpy'. See npm start -- --help$/m));

  it('the port that was asked for is in use', async () => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    await refuses(begin({ MIZAN_PORT: String(port) }), exitCodes.portInUse, new RegExp(`^✗ port ${port} is in use.*\\. .*MIZAN_PORT=`));
    other.close();
  });

  it('no Java, and Kafka asked for', async () => {
    await refuses(
      begin({ PATH: await pathWithoutJava(), BUS: 'kafka' }),
      exitCodes.missingTool,
      /^✗ Kafka: no Java 17 found, which runs Kafka\. Install it .*, or set KAFKA_BROKERS, or BUS=feed/,
    );
  });

  it('no Java: it goes without Kafka and says so; what is posted with and without is read with and without, once', async () => {
    const without = { PATH: await pathWithoutJava() };
    const posted: string[] = [];
    for (const [index, environment] of [without, {}, without, {}].entries()) {
      begin(environment);
      await start?.ready();
      const kafkaSteps = start!.stdout.split('\n').filter((line) => line.includes('Kafka'));
      expect(kafkaSteps).toEqual([
        expect.stringMatching(
          environment === without
            ? /^ {2}! Kafka +not started \(BUS=feed\): no Java 17 found, which runs Kafka +\d/
            : /^ {2}✓ Kafka +\d.*, data in /,
        ),
      ]);
      posted.push(`${index}`);
      const position = await post(posted.at(-1)!);
      if (environment !== without) await published();
      expect(await read(position)).toEqual(posted);
      start?.interrupt();
      expect(await start?.ended()).toBe(0);
      expect(start?.stderr).toBe('');
    }
  });

  /** A folder with what a start needs of the system, and without Java. */
  async function pathWithoutJava(): Promise<string> {
    const bin = join(dirname(home), 'bin');
    await mkdir(bin, { recursive: true });
    for (const tool of ['setpriv', 'unshare', 'sh', 'true']) {
      const { stdout } = await promisify(execFile)('sh', ['-c', `command -v ${tool} || true`]);
      if (stdout.trim()) await symlink(stdout.trim(), join(bin, tool)).catch(() => {});
    }
    return bin;
  }

  /** Resolves when Kafka has everything, and the read models have taken it from there. */
  async function published(): Promise<void> {
    const { services } = await development();
    const ask = async (url: string): Promise<string> => (await fetch(url)).text();
    while (!/^mizan_relay_lag_seconds\{.*\} 0$/m.test(await ask(`${services['transfers']}/metrics`))) await sleep(50);
    while (!(await ask(`${services['accounts']}/health/ready`)).includes('"state":"consuming"')) await sleep(50);
  }

  it('a service that cannot start is named with its last error and its log, and all else is stopped', async () => {
    begin();
    await start?.ready();
    start?.interrupt();
    await start?.ended();
    const key = join(home, 'secrets', 'signing-key.json');
    const sound = await readFile(key, 'utf8');
    await writeFile(key, JSON.stringify({ ...(JSON.parse(sound) as object), d: '' }));
    await refuses(begin(), exitCodes.failed, /^✗ gateway stopped during its start \(exit code 2\): .*SIGNING_KEY_FILE.*gateway\.log/);
    await writeFile(key, sound);
  });

  it.each(['transfers', 'PostgreSQL'])('%s is killed: it is named, and everything else is stopped', async (name) => {
    begin();
    await start?.ready();
    const processes = (await start?.processes())!;
    process.kill(processes[name]!, 'SIGKILL');
    await refuses(
      start!,
      exitCodes.failed,
      new RegExp(`^✗ ${name} ended by itself \\(signal SIGKILL\\).*${name === 'PostgreSQL' ? 'postgres' : name}\\.log`),
    );
    await allGone(Object.values(processes));
  });

  it('a message on Kafka that is none: posting goes on over a restart, what stands still is said, and the remedy works', async () => {
    begin();
    await start?.ready();
    const broker = /Kafka +\S+, (127\.0\.0\.1:\d+)/.exec(start!.stdout)![1]!;
    await writeMessage([broker], topicOf('transfers').name, '{');
    await said(/^! accounts: the books stand still: /m);
    await post('before');
    await again();

    await start?.ready();
    await said(
      /^! accounts: the books stand still: .*Delete the topic mizan\.journal, as docs\/topics\.md says, then stop and start again/m,
    );
    const position = await post('after');
    start?.interrupt();
    expect(await start?.ended()).toBe(0);
    await rm(join(home, 'kafka'), { recursive: true });
    begin();

    await start?.ready();
    const shown = await read(position);
    expect(shown.slice(-2)).toEqual(['before', 'after']);
    expect(new Set(shown).size).toBe(shown.length);
    expect(start?.stderr).toBe('');
  });

  async function said(words: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = words.exec(start!.stderr);
      if (found) return found;
      await sleep(100);
    }
  }

  async function again(): Promise<void> {
    start?.interrupt();
    expect(await start?.ended()).toBe(0);
    begin();
  }

  const development = async (): Promise<Development> => JSON.parse(await readFile(join(home, 'dev.json'), 'utf8')) as Development;
  const signedIn = async (): Promise<MizanClient> => new MizanClient(await development());

  async function post(id: string): Promise<number> {
    const client = await signedIn();
    await client.putLedger('books');
    await client.openAccount('books', { id: 'bank', type: 'asset', asset: 'EUR' });
    await client.openAccount('books', { id: 'clients:1', type: 'liability', asset: 'EUR' });
    const { body } = await client.transfer('books', { id, debit: 'bank', credit: 'clients:1', amount: 1n });
    await client.close();
    return body.position;
  }

  /** The entries of the account's statement. */
  async function read(position: number): Promise<string[]> {
    const client = await signedIn();
    const entries: string[] = [];
    for await (const { lines } of client.statement('books', 'clients:1', { minPosition: position }))
      entries.push(...lines.map(({ entry }) => entry));
    await client.close();
    return entries;
  }

  it('secrets that are damaged are named', async () => {
    const file = join(home, 'secrets', 'api-keys.json');
    const sound = await readFile(file, 'utf8');
    await writeFile(file, sound.slice(0, -20));
    await refuses(begin(), exitCodes.failed, /^✗ \S*api-keys\.json is damaged: it is not JSON\. Remove it and start again/);
    await writeFile(file, sound);
  });

  it('a second Ctrl-C ends everything at once', async () => {
    begin();
    await start?.ready();
    const processes = (await start?.processes())!;
    // A service that does not answer the first one.
    process.kill(processes['accounts']!, 'SIGSTOP');
    start?.interrupt();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(isAlive(processes['accounts']!)).toBe(true);
    start?.interrupt();
    expect(await start?.ended()).toBe(exitCodes.interrupted);
    expect(start?.stderr).toContain('Stopped at once.');
    await allGone(Object.values(processes));
  });

  it('a disk that is nearly full', async () => {
    // A small file system of this test's own; only root may mount one.
    const mount = 'mount -t tmpfs -o size=64m tmpfs "$MIZAN_HOME" && exec "$0" "$@"';
    const inNamespace = ['unshare', '--mount', 'sh', '-c', mount, process.execPath, join(root, 'apps/start/dist/main.js')];
    await mkdir(join(dirname(home), 'small'), { recursive: true });
    const small = new RunningStart({ home: join(dirname(home), 'small'), args: ['--empty'], command: inNamespace });
    expect(await small.ended()).toBe(exitCodes.diskFull);
    expect(small.stderr).toMatch(
      /^✗ 0\.1 GB free, 2 GB needed in \S+small\. Make room, or keep it elsewhere: MIZAN_HOME=<folder> npm start\n$/,
    );
  });
});

describe('other ways to run', () => {
  it('on another PostgreSQL and without Kafka: events go over the feed', async () => {
    const database = await ownPostgres();
    const platform = await runPlatform({ empty: true, environment: { DATABASE_URL: database.url, BUS: 'feed' } });
    try {
      await expect(platform.pidOf('PostgreSQL')).rejects.toThrow('only transfers, gateway, accounts');
      await postedAndRead(platform.url, platform.apiKey);
    } finally {
      await platform.stop();
      await database.stop();
    }
  });

  it('on another Kafka', async () => {
    const broker = await ownKafka();
    const platform = await runPlatform({ empty: true, environment: { KAFKA_BROKERS: broker.brokers.join(',') } });
    try {
      await expect(platform.pidOf('Kafka')).rejects.toThrow('There is no Kafka');
      await postedAndRead(platform.url, platform.apiKey);
    } finally {
      await platform.stop();
      await broker.stop();
    }
  });

  it('a database that is new gets new keys; the old ones would open nothing', async () => {
    const { home, remove } = await temporaryHome();
    const [one, two] = [await ownPostgres(), await ownPostgres()];
    const keys: string[] = [];
    for (const { url } of [one, one, two]) {
      const platform = await runPlatform({ directory: home, empty: true, environment: { DATABASE_URL: url, BUS: 'feed' } });
      keys.push((JSON.parse(await readFile(join(home, 'dev.json'), 'utf8')) as Development).apiKey);
      await new MizanClient({ url: platform.url, apiKey: keys.at(-1)! }).putLedger('main');
      await platform.stop();
    }
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[1]);
    await Promise.all([one.stop(), two.stop(), remove()]);
  });

  it('with MIZAN_RESTART=1 a killed service comes back with all that it had acknowledged', async () => {
    const platform = await runPlatform({ empty: true, restart: true });
    try {
      await postedAndRead(platform.url, platform.apiKey);
      for (const service of ['transfers', 'accounts', 'gateway']) {
        const pid = await platform.pidOf(service);
        await platform.kill(service);
        await platform.ready(service);
        expect(await platform.pidOf(service)).not.toBe(pid);
      }
      const client = new MizanClient({ url: platform.url, apiKey: platform.apiKey });
      expect((await client.entry('main', 't1')).position).toBe(4);
      await client.close();
    } finally {
      await platform.stop();
    }
  });

  async function postedAndRead(url: string, apiKey: string): Promise<void> {
    const client = new MizanClient({ url, apiKey });
    await client.putLedger('main');
    await client.openAccount('main', { id: 'bank', type: 'asset', asset: 'EUR' });
    await client.openAccount('main', { id: 'clients:1', type: 'liability', asset: 'EUR' });
    const { body: entry } = await client.transfer('main', { id: 't1', debit: 'bank', credit: 'clients:1', amount: 1250n });
    const { balances } = await client.balance('main', 'clients:1', { minPosition: entry.position });
    expect(balances.posted).toBe('1250');
    await client.close();
  }
});
