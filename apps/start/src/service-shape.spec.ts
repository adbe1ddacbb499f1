import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServiceRow, everyService } from '@mizan/contracts';

const apps = fileURLToPath(new URL('../..', import.meta.url));
const MOST_LINES_OF_A_MODULE = 120;
const MOST_LINES_OF_A_FUNCTION = 60;
const MOST_LINES_OF_MAIN = 20;

const linesOf = (file: string): readonly string[] => readFileSync(file, 'utf8').trimEnd().split('\n');

/** What a service's folder lacks of the shape that all services share, and what is too long. */
function faultsOf(folder: string, { name, hears }: Pick<ServiceRow, 'name' | 'hears'>): readonly string[] {
  const needed = ['README.md', 'package.json', 'src/main.ts', 'src/migrate.ts', 'src/environment.ts', `src/${name}.module.ts`, 'src/http'];
  const missing = needed.filter((file) => !existsSync(join(folder, file)));
  if (missing.length > 0) return missing.map((file) => `${name} lacks ${file}`);
  const files = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' });
  const consumers = files.filter((file) => file.endsWith('.consumer.ts')).length;
  const modules = files.filter((file) => file.endsWith('.module.ts'));
  const tooLong = ([file, most]: readonly [string, number]): readonly string[] => {
    const count = linesOf(join(folder, 'src', file)).length;
    return count > most ? [`${name}/src/${file} has ${count} lines, more than ${most}`] : [];
  };
  return [
    ...(consumers === hears.length ? [] : [`${name} hears ${hears.length} topics and has ${consumers} consumers`]),
    ...[...modules.map((file) => [file, MOST_LINES_OF_A_MODULE] as const), ['main.ts', MOST_LINES_OF_MAIN] as const].flatMap(tooLong),
    ...modules.flatMap((file) => longFunctions(linesOf(join(folder, 'src', file))).map((of) => `${name}/src/${file}: ${of}`)),
  ];
}

/** The functions of a file that are over the bound. They end with a brace at the beginning of a line. */
function longFunctions(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line, start) => {
    const name = /^(?:export )?(?:async )?function (\w+)/.exec(line)?.[1];
    const length = name === undefined ? 0 : lines.slice(start).findIndex((each) => each.startsWith('}')) + 1;
    return length > MOST_LINES_OF_A_FUNCTION ? [`${name} has ${length} lines, more than ${MOST_LINES_OF_A_FUNCTION}`] : [];
  });
}

it.each(everyService.map((row): [string, ServiceRow] => [row.name, row]))(
  '%s has the files of a service, and nothing that is too long',
  (_, row) => {
    expect(faultsOf(join(apps, row.name), row)).toEqual([]);
  },
);

it('every folder with a module is a service of the table', () => {
  const withModule = readdirSync(apps).filter((name) => existsSync(join(apps, name, 'src', `${name}.module.ts`)));
  expect(withModule.toSorted()).toEqual(everyService.map(({ name }) => name as string).toSorted());
});

it('finds what a folder lacks, and what is too long', () => {
  expect(faultsOf(join(apps, 'cli'), { name: 'cli', hears: [] })).toContain('cli lacks src/cli.module.ts');
  const folder = mkdtempSync(join(tmpdir(), 'mizan-shape-'));
  try {
    mkdirSync(join(folder, 'src/http'), { recursive: true });
    for (const file of ['README.md', 'package.json', 'src/main.ts', 'src/migrate.ts', 'src/environment.ts'])
      writeFileSync(join(folder, file), '');
    const body = Array.from({ length: 125 }, () => '  wire();').join('\n');
    writeFileSync(join(folder, 'src/planted.module.ts'), `export function plantedModule() {\n${body}\n}\n`);
    expect(faultsOf(folder, { name: 'planted', hears: ['mizan.journal'] })).toEqual([
      'planted hears 1 topics and has 0 consumers',
      'planted/src/planted.module.ts has 127 lines, more than 120',
      'planted/src/planted.module.ts: plantedModule has 127 lines, more than 60',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
