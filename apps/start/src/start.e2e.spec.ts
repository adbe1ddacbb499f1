import { exec } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { services } from '@mizan/contracts';
import type { Development } from './bring-up.js';
import { root } from './home.js';
import { RunningStart, allGone, temporaryHome } from './start.fixture.js';
import { exitCodes } from './start-problem.js';

const MINUTES = 60_000;

/** As typed into another shell in the project's folder. */
async function typed(command: string, home: string): Promise<string> {
  const { NODE_ENV: _, ...inherited } = process.env;
  return (await promisify(exec)(command, { cwd: root, env: { ...inherited, MIZAN_HOME: home }, timeout: MINUTES })).stdout;
}

const printedCommands = (text: string): string[] => [...text.matchAll(/^\s+(?:Try\s+)?(npx mizan .+)$/gm)].map(([, command]) => command!);
const printedUrls = (text: string): string[] => [...text.matchAll(/https?:\/\/\S+/g)].map(([url]) => url);

describe('npm start with the demo ledger', () => {
  let home: string;
  let remove: () => Promise<void>;
  let start: RunningStart;
  const development = async (): Promise<Development> => JSON.parse(await readFile(join(home, 'dev.json'), 'utf8')) as Development;

  beforeAll(async () => {
    ({ home, remove } = await temporaryHome());
    start = new RunningStart({ home });
    await start.ready();
  }, 5 * MINUTES);
  afterAll(async () => {
    start.interrupt();
    await start.ended();
    await remove();
  }, MINUTES);

  it('says each step in a line, with the whole history and a sum of zero', () => {
    for (const name of ['PostgreSQL', 'Kafka', 'migrations', 'services', 'demo ledger'])
      expect(start.stdout).toMatch(new RegExp(`^ {2}✓ ${name} +\\S.* (\\d+\\.\\d|\\d+) s$`, 'm'));
    expect(start.stdout).toContain('49,102 entries, 1,229 clients, sum 0 CZK');
    expect(start.stdout).toContain('3 of 3 ready');
    expect(start.stderr).toBe('');
  });

  it('prints no address that does not answer', async () => {
    const urls = printedUrls(start.stdout);
    expect(urls.length).toBeGreaterThanOrEqual(3);
    const { apiKey } = await development();
    for (const url of urls) {
      const answer = await fetch(url, { headers: { authorization: `Bearer ${apiKey}` } });
      expect({ url, status: answer.status }).toEqual({ url, status: 200 });
      await answer.arrayBuffer();
    }
  });

  it(
    'prints no command that does not work',
    async () => {
      const commands = printedCommands(start.stdout);
      expect(commands).toHaveLength(3);
      const [balance, statement, transfer] = commands as [string, string, string];
      expect(await typed(balance, home)).toMatch(/clients:2378/);
      const before = await typed(statement, home);
      expect(before.trim().split('\n').length).toBeGreaterThan(10);
      expect(await typed(transfer, home)).toMatch(/clients:2378.*250\.00/s);
      expect(await typed('npx mizan balance clients:2378 --json', home)).toMatch(/"clients:2378"/);
    },
    2 * MINUTES,
  );

  it('keeps keys and passwords to their owner, and out of every log', async () => {
    const secrets = ['signing-key.json', 'api-keys.json', 'accounts.key', 'postgres.password', 'transfers.password'].map((name) =>
      join(home, 'secrets', name),
    );
    const logs = readdirSync(join(home, 'logs')).map((name) => join(home, 'logs', name));
    const folders = [home, ...['kafka', 'postgres', 'logs', 'secrets'].map((name) => join(home, name))];
    for (const path of [...secrets, ...logs, ...folders, join(home, 'dev.json'), join(home, 'run.json')])
      expect({ path, open: statSync(path).mode & 0o077 }).toEqual({ path, open: 0 });
    const { apiKey, secondTenantApiKey } = await development();
    const words = [
      apiKey,
      secondTenantApiKey,
      ...secrets.filter((file) => /password|\.key$/.test(file)).map((file) => readFileSync(file, 'utf8')),
    ];
    for (const log of ['transfers', 'accounts', 'gateway', 'postgres', 'kafka'])
      for (const word of words) expect(readFileSync(join(home, 'logs', `${log}.log`), 'utf8')).not.toContain(word);
  });

  it('shows the second tenant nothing of the first', async () => {
    const { url, apiKey, secondTenantApiKey } = await development();
    const get = (key: string): Promise<Response> => fetch(`${url}/v1/ledgers/berka`, { headers: { authorization: `Bearer ${key}` } });
    expect((await get(apiKey)).status).toBe(200);
    expect((await get(secondTenantApiKey)).status).toBe(404);
  });

  const linux = process.platform === 'linux' ? it : it.skip;
  linux('kept each service under the resident memory of its row, from its start to the end of the import', async () => {
    const processes = await start.processes();
    for (const { name, memoryMb } of services) {
      const peakKb = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${processes[name]}/status`, 'utf8'))?.[1]);
      expect(peakKb / 1000).toBeLessThan(memoryMb);
    }
  });

  it('refuses a second start in the same home in one line, and goes on itself', async () => {
    const second = new RunningStart({ home });
    expect(await second.ended()).toBe(exitCodes.alreadyRunning);
    expect(second.stderr).toBe(`✗ Mizan is already running here (pid ${start.child.pid}): ${(await development()).url}\n`);
    expect((await fetch(`${(await development()).url}/health/ready`)).status).toBe(200);
  });

  it(
    'after Ctrl-C everything has ended, and the next start finds it all again',
    async () => {
      const pids = Object.values(await start.processes());
      expect(pids).toHaveLength(5);
      start.interrupt();
      expect(await start.ended()).toBe(0);
      expect(start.stdout).toMatch(/Stopping…\n3 services, Kafka, PostgreSQL stopped in .+ s\.\n$/);
      await allGone(pids);

      const key = (await development()).apiKey;
      start = new RunningStart({ home });
      await start.ready();
      expect(start.stdout).toContain('49,102 entries present, 1,229 clients, sum 0 CZK');
      expect(start.stdout).toContain('nothing new');
      expect((await development()).apiKey).toBe(key);
    },
    3 * MINUTES,
  );

  it(
    'leaves no process behind when it is killed, and the next start recovers',
    async () => {
      const pids = Object.values(await start.processes());
      start.child.kill('SIGKILL');
      await start.ended();
      await allGone(pids);
      start = new RunningStart({ home });
      await start.ready();
      expect(start.stdout).toContain('49,102 entries present, 1,229 clients, sum 0 CZK');
    },
    3 * MINUTES,
  );
});

describe('npm start -- --empty', () => {
  it(
    'through npm: loads nothing, prints commands that work, and Ctrl-C in the terminal ends it all with code 0',
    async () => {
      const { home, remove } = await temporaryHome();
      const start = new RunningStart({ home, command: ['npm', 'start', '--'], args: ['--empty'] });
      try {
        await start.ready();
        expect(start.stdout).toMatch(/✓ dependencies +up to date/);
        expect(start.stdout).not.toContain('demo ledger');
        const { url, apiKey } = JSON.parse(await readFile(join(home, 'dev.json'), 'utf8')) as Development;
        const ledgers = await fetch(`${url}/v1/ledgers`, { headers: { authorization: `Bearer ${apiKey}` } });
        expect(await ledgers.json()).toEqual({ items: [], next: null });
        const commands = printedCommands(start.stdout);
        expect(commands).toHaveLength(3);
        for (const command of commands) await typed(command, home);

        const pids = Object.values(await start.processes());
        start.interrupt();
        expect(await start.ended()).toBe(0);
        await allGone(pids);
      } finally {
        start.child.kill('SIGKILL');
        await remove();
      }
    },
    4 * MINUTES,
  );

  it(
    'through npm: when npm is killed, everything ends',
    async () => {
      const { home, remove } = await temporaryHome();
      const start = new RunningStart({ home, command: ['npm', 'start', '--'], args: ['--empty'] });
      await start.ready();
      const pids = Object.values(await start.processes());
      start.child.kill('SIGKILL');
      await allGone(pids);
      await remove();
    },
    2 * MINUTES,
  );
});
