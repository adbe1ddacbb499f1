import { type Loopback, loopback } from '@mizan/testing';
import type { Started } from './bring-up.js';
import { HealthWarnings } from './health-warnings.js';

let checks: Record<string, object> | null = {};
let accounts: Loopback;
let warnings: HealthWarnings;
let said: string[];

beforeAll(async () => {
  accounts = await loopback((_, response) => (checks ? response.end(JSON.stringify({ checks })) : response.destroy()));
});
afterAll(() => accounts.stop());
beforeEach(() => {
  said = [];
  const started = { home: { logs: 'logs' }, development: { services: { accounts: accounts.url } } };
  warnings = new HealthWarnings(started as unknown as Started, (line) => said.push(line));
});

const standing = (at: string) => ({ journal: { ready: false, detail: `The books stand still: ${at}` } });
async function saidOf(now: typeof checks, which = () => true): Promise<number> {
  checks = now;
  said.length = 0;
  await warnings.tell(which);
  return said.length;
}

it('tells what fails once, and again when it was well in between', async () => {
  const away = { database: { ready: false, detail: 'refused' } };
  expect(await saidOf(away)).toBe(1);
  expect(await saidOf(away)).toBe(0);
  expect(await saidOf({ database: { ready: true } })).toBe(0);
  expect(await saidOf(away)).toBe(1);
});

it('tells a second standstill too, also behind a start in between', async () => {
  expect(await saidOf(standing('mizan.journal/2@0'))).toBe(1);
  expect(await saidOf(null)).toBe(0);
  expect(await saidOf(standing('mizan.journal/2@0'))).toBe(0);
  expect(await saidOf(standing('mizan.journal/2@1'))).toBe(1);
  expect(said[0]).toContain('mizan.journal/2@1');
});

it('tells only what it was asked for, and that when it is asked', async () => {
  expect(await saidOf(standing('a@1'), () => false)).toBe(0);
  expect(await saidOf(standing('a@1'))).toBe(1);
});
