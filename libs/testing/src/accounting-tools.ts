import { type ExecFileException, execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MissingTool, runToEnd, succeeds } from '@mizan/embedded';

const requirements = fileURLToPath(new URL('../beancount/requirements.txt', import.meta.url));
const balances = fileURLToPath(new URL('../beancount/balances.py', import.meta.url));
const cache = fileURLToPath(new URL('../../../.mizan/beancount', import.meta.url));
const INSTALL_TIMEOUT_MS = 5 * 60_000;
const RUN_TIMEOUT_MS = 10 * 60_000;

/** How a program ended and what it said. */
export interface ToolRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Programs that read plain-text accounting, made by others: what they say of an export owes nothing to us. */
export interface AccountingTools {
  hledger(...args: readonly string[]): Promise<ToolRun>;
  ledger(...args: readonly string[]): Promise<ToolRun>;
  beanCheck(file: string): Promise<ToolRun>;
  /** Account, amount and currency between tabs, one on a line. */
  beancountBalances(file: string): Promise<ToolRun>;
}

/**
 * hledger and ledger come from the system; beancount is installed once, below the project's `.mizan/`.
 * @returns what to install, where something is missing.
 * @throws MissingTool instead on a build machine, where nothing may be left out.
 */
export async function accountingTools(): Promise<AccountingTools | MissingTool> {
  try {
    for (const tool of ['hledger', 'ledger'])
      if (!(await succeeds([tool, '--version']))) throw new MissingTool(`no ${tool} found. Install it (Debian: apt-get install ${tool})`);
    const python = await beancountPython();
    return {
      hledger: (...args) => run('hledger', args),
      ledger: (...args) => run('ledger', args),
      beanCheck: (file) => run(python, ['-m', 'beancount.scripts.check', file]),
      beancountBalances: (file) => run(python, [balances, file]),
    };
  } catch (error) {
    if (!(error instanceof MissingTool) || process.env.CI) throw error;
    return error;
  }
}

/** A Python that knows beancount. Named after the hash of its requirements: another version is another folder. */
async function beancountPython(): Promise<string> {
  const directory = join(cache, createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16));
  const python = (folder: string): string => join(folder, 'bin', 'python');
  if (await succeeds([python(directory), '-c', 'import beancount'])) return python(directory);
  if (!(await succeeds(['python3', '-c', 'import ensurepip, venv'])))
    throw new MissingTool('no Python 3 with venv found, which runs beancount. Install it (Debian: apt-get install python3-venv)');
  await mkdir(cache, { recursive: true });
  const unfinished = `${directory}.new-${process.pid}`;
  try {
    await runToEnd(['python3', '-m', 'venv', unfinished], INSTALL_TIMEOUT_MS);
    await runToEnd([python(unfinished), '-m', 'pip', 'install', '--quiet', '--no-deps', '-r', requirements], INSTALL_TIMEOUT_MS);
    // What does not run any more gives way; what somebody else has just made is as good as ours.
    if (!(await succeeds([python(directory), '-c', 'import beancount']))) await rm(directory, { recursive: true, force: true });
    await rename(unfinished, directory).catch((error: unknown) => {
      if (!existsSync(directory)) throw error;
    });
  } catch (error) {
    throw new MissingTool(`beancount could not be installed: ${(error as Error).message}`, { cause: error });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return python(directory);
}

function run(file: string, args: readonly string[]): Promise<ToolRun> {
  const options = { timeout: RUN_TIMEOUT_MS, maxBuffer: 256 * 1024 * 1024, env: { ...process.env, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' } };
  return new Promise((resolve, reject) => {
    execFile(file, args, options, (error: ExecFileException | null, out, err) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}
