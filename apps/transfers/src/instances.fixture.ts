import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '@mizan/embedded';
import { testTokens } from '@mizan/testing';
import { transfersDatabase } from './writing.fixture.js';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** One process of the service, as built. */
export interface Instance {
  readonly url: string;
  /** SIGKILL ends it, SIGSTOP lets it stand still, SIGCONT lets it go on. */
  signal(signal: NodeJS.Signals): Promise<void>;
  /** Starts it anew at the same address. */
  restart(): Promise<void>;
}

export interface Answered<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** Several instances of the service on one database, and a token of the tenant `one`. */
export async function startInstances(count: number) {
  const database = await transfersDatabase();
  const directory = mkdtempSync(join(tmpdir(), 'transfers-'));
  const tokens = await testTokens();
  const keys = join(directory, 'keys.json');
  writeFileSync(keys, JSON.stringify(tokens.publicKeys));
  const token = await tokens.sign({ tenant: 'one', actor: 'key:one', scopes: ['ledger'] });
  const running = new Set<ChildProcess>();

  async function start(): Promise<Instance> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const env = {
      PORT: String(port),
      DATABASE_URL: database.url,
      TOKEN_KEYS_FILE: keys,
      TRANSFERS_URL: url,
      BUS: 'feed',
      LOG_LEVEL: 'error',
    };
    let child: ChildProcess;
    const begin = async (): Promise<void> => {
      child = spawn(process.execPath, [main], { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
      running.add(child);
      while (
        !(await fetch(`${url}/health/ready`).then(
          ({ ok }) => ok,
          () => false,
        ))
      )
        await pause(50);
    };
    await begin();
    return {
      url,
      signal: async (signal) => {
        child.kill(signal);
        if (signal === 'SIGKILL') await once(child, 'exit');
      },
      restart: begin,
    };
  }
  const instances = await Promise.all(Array.from({ length: count }, start));

  async function ask<T>(
    at: Instance,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
    withinMs = 30_000,
  ): Promise<Answered<T>> {
    const response = await fetch(`${at.url}/v1/ledgers/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(withinMs),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: (text === '' ? undefined : JSON.parse(text)) as T };
  }

  return {
    database,
    instances,
    get: <T>(at: Instance, path: string) => ask<T>(at, 'GET', path),
    put: <T>(at: Instance, path: string, body: unknown) => ask<T>(at, 'PUT', path, body),
    post: <T>(at: Instance, path: string, body: unknown, headers?: Record<string, string>, withinMs?: number) =>
      ask<T>(at, 'POST', path, body, headers, withinMs),
    stop: async (): Promise<void> => {
      for (const child of running) child.kill('SIGKILL');
      await database.drop();
      rmSync(directory, { recursive: true });
    },
  };
}
