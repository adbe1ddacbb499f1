import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingsOf } from './settings.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mizan-settings-'));
  mkdirSync(join(home, '.mizan'));
  mkdirSync(join(home, 'deep', 'er'), { recursive: true });
  writeFileSync(join(home, '.mizan', 'dev.json'), JSON.stringify({ url: 'http://127.0.0.1:8080', apiKey: 'dev-key' }));
});
afterEach(() => rmSync(home, { recursive: true }));

const given = (env: Record<string, string> = {}, flags = {}, cwd = join(home, 'deep', 'er')) => settingsOf({ env, cwd }, flags);

it('finds the development file upwards', () => {
  expect(given()).toEqual({ url: 'http://127.0.0.1:8080', apiKey: 'dev-key' });
});

it('takes a flag before the environment, and that before the file', () => {
  expect(given({ MIZAN_URL: 'http://127.0.0.1:9090', MIZAN_API_KEY: 'k' })).toEqual({ url: 'http://127.0.0.1:9090', apiKey: 'k' });
  expect(given({ MIZAN_URL: 'http://127.0.0.1:9090', MIZAN_API_KEY: 'k' }, { url: 'http://127.0.0.1:7070' }).url).toBe(
    'http://127.0.0.1:7070',
  );
  expect(given({ MIZAN_API_KEY: 'k' })).toEqual({ url: 'http://127.0.0.1:8080', apiKey: 'k' });
});

it('shows the key of the file to the server of the file alone', () => {
  expect(() => given({ MIZAN_URL: 'https://example.org' })).toThrow('No API key for https://example.org');
  expect(given({ MIZAN_URL: 'http://127.0.0.1:8080/' }).apiKey).toBe('dev-key');
});

it('reads the file of MIZAN_HOME instead, and no other', () => {
  const other = join(home, 'other');
  mkdirSync(other);
  expect(() => given({ MIZAN_HOME: other })).toThrow('No server is known here');
  writeFileSync(join(other, 'dev.json'), JSON.stringify({ url: 'http://127.0.0.1:1234', apiKey: 'other' }));
  expect(given({ MIZAN_HOME: other })).toEqual({ url: 'http://127.0.0.1:1234', apiKey: 'other' });
  expect(given({ MIZAN_HOME: 'other' }, {}, home).apiKey).toBe('other');
});

it('says what is wrong with an address or a file', () => {
  expect(() => given({ MIZAN_URL: 'localhost:8080', MIZAN_API_KEY: 'k' })).toThrow('not an address');
  writeFileSync(join(home, '.mizan', 'dev.json'), '{');
  expect(() => given()).toThrow('is not JSON');
  expect(() => given({}, {}, tmpdir())).toThrow('npm start');
});
