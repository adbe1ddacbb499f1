import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { everyService } from '@mizan/contracts';

const apps = fileURLToPath(new URL('../..', import.meta.url));
const MOST_LINES_OF_A_MODULE = 120;
const MOST_LINES_OF_MAIN = 20;

const lines = (file: string): number => readFileSync(file, 'utf8').trimEnd().split('\n').length;

/** What a service's folder lacks of the shape that all services share. */
function faultsOf(folder: string, name: string): readonly string[] {
  const needed = ['README.md', 'package.json', 'src/main.ts', 'src/migrate.ts', 'src/environment.ts', `src/${name}.module.ts`, 'src/http'];
  const missing = needed.filter((file) => !existsSync(join(folder, file)));
  if (missing.length > 0) return missing.map((file) => `${name} lacks ${file}`);
  const modules = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.module.ts'));
  return [...modules.map((file) => [file, MOST_LINES_OF_A_MODULE] as const), ['main.ts', MOST_LINES_OF_MAIN] as const].flatMap(
    ([file, most]) => {
      const count = lines(join(folder, 'src', file));
      return count > most ? [`${name}/src/${file} has ${count} lines, more than ${most}`] : [];
    },
  );
}

it.each(everyService.map(({ name }) => name))('%s has the files of a service, and no module that is too long', (name) => {
  expect(faultsOf(join(apps, name), name)).toEqual([]);
});

it('every folder with a module is a service of the table', () => {
  const withModule = readdirSync(apps).filter((name) => existsSync(join(apps, name, 'src', `${name}.module.ts`)));
  expect(withModule.toSorted()).toEqual(everyService.map(({ name }) => name as string).toSorted());
});

it('finds what a folder lacks', () => {
  expect(faultsOf(join(apps, 'cli'), 'cli')).toContain('cli lacks src/cli.module.ts');
});
