import type { Backup } from './manifest.js';
import { WrongTarget, chooseBackup, readTarget } from './target.js';

const backup = (
  id: string,
  endedAt: string,
  positions: readonly (readonly [tenant: string, ledger: string, position: number])[],
): Backup => ({
  format: 1,
  id,
  postgresVersion: '18.4',
  systemIdentifier: '7710497493698529157',
  firstWal: '000000010000000000000001',
  lastWal: '000000010000000000000002',
  wholeAt: '0/2000000',
  begunAt: endedAt,
  endedAt,
  ledgers: positions.map(([tenant, ledger, position]) => ({ tenant, id: ledger, stream: `${tenant} ${ledger}`, position, checksum: '' })),
  folders: [],
  files: [],
});
const first = backup('first', '2026-01-01T00:00:00.000Z', [['a', 'main', 100]]);
const second = backup('second', '2026-01-02T00:00:00.000Z', [
  ['a', 'main', 200],
  ['b', 'other', 7],
]);
const chosen = (to?: string, time?: string): string => chooseBackup([first, second], readTarget(to, time)).id;

it('takes the newest backup that was whole before the target', () => {
  expect(chosen()).toBe('second');
  expect(chosen('main@200')).toBe('second');
  expect(chosen('main@199')).toBe('first');
  expect(chosen('main@100')).toBe('first');
  expect(chosen(undefined, '2026-01-01T12:00:00Z')).toBe('first');
  expect(chosen('b/other@3')).toBe('first');
});

it('refuses what lies before the end of the oldest backup, and says how far back it goes', () => {
  expect(() => chosen('main@99')).toThrow(/before the end of the oldest backup, first: main stood at 100 at its end, after 99/);
  expect(() => chosen(undefined, '2025-12-31T23:59:59Z')).toThrow(/it ended at 2026-01-01T00:00:00\.000Z/);
  expect(() => chooseBackup([], 'latest')).toThrow(/no complete backup.*npx mizan backup/);
});

it('asks for the tenant where several have a ledger of that name', () => {
  const both = backup('both', '2026-01-01T00:00:00.000Z', [
    ['a', 'main', 1],
    ['b', 'main', 1],
  ]);
  expect(() => chooseBackup([both], readTarget('main@5', undefined))).toThrow(/Name one: a\/main, b\/main/);
  expect(chooseBackup([both], readTarget('b/main@5', undefined))).toBe(both);
});

it.each([
  ['main', undefined],
  ['main@0', undefined],
  ['@5', undefined],
  ['main@5', '2026-01-01T00:00:00Z'],
  [undefined, 'yesterday'],
])('refuses --to %s --to-time %s', (to, time) => {
  expect(() => readTarget(to, time)).toThrow(WrongTarget);
});
