// node scripts/release.mjs <commit> <name>: builds a commit in a temporary folder and keeps what it runs, for tests that start it beside
// what is built today. The same commit gives the same bytes; a release that is kept already is never written over.
// Needs git and GNU tar, and the packages that are installed now.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { linkPackages } from '@mizan/testing';
import { environment } from './checks.mjs';
import { root } from './install.mjs';

const [commit, name] = process.argv.slice(2);
if (!commit || !/^\d+\.\d+\.\d+-\d+$/.test(name ?? '')) {
  console.error('Usage: node scripts/release.mjs <commit> <version>-<number>, for example: node scripts/release.mjs v0.1.0 0.1.0-1');
  process.exit(2);
}

/** What no service runs. */
const LEFT_OUT = new Set(['apps/e2e', 'apps/simulator', 'apps/sweeps', 'libs/testing']);
const NOT_RUN = new Set(['src', 'node_modules', 'bench', 'scenarios', 'tsconfig.json', 'README.md']);
const isRun = (file) => !file.includes('/dist/') || (file.endsWith('.js') && !file.endsWith('.fixture.js'));

const folder = mkdtempSync(join(tmpdir(), 'mizan-release-'));
try {
  const sha = git('rev-parse', `${commit}^{commit}`).toString().trim();
  execFileSync('tar', ['-x', '-C', folder], { input: git('archive', sha) });
  await linkPackages(folder);
  execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['-b'], { cwd: folder, env: environment, stdio: 'inherit' });
  writeFileSync(join(folder, 'release.json'), `${JSON.stringify({ name, commit: sha })}\n`);
  const workspaces = ['apps', 'libs'].flatMap((kind) => readdirSync(join(folder, kind)).map((workspace) => `${kind}/${workspace}`));
  const files = ['package.json', 'release.json', ...workspaces.filter((each) => !LEFT_OUT.has(each)).flatMap(filesOf)].sort();
  keep(pack(files), files.length);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function git(...args) {
  return execFileSync('git', args, { cwd: root, maxBuffer: 256 * 1024 * 1024 });
}

function filesOf(workspace) {
  const parts = readdirSync(join(folder, workspace), { withFileTypes: true }).filter(({ name: part }) => !NOT_RUN.has(part));
  return parts.flatMap((part) => {
    const path = join(folder, workspace, part.name);
    if (part.isFile()) return [`${workspace}/${part.name}`];
    const within = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return within.map((entry) => relative(folder, join(entry.parentPath, entry.name))).filter(isRun);
  });
}

/** Nothing of when and by whom it was packed. */
function pack(files) {
  const same = ['--format=ustar', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX'];
  const tar = execFileSync('tar', ['-c', ...same, '-C', folder, '-T', '-'], { input: files.join('\n'), maxBuffer: 256 * 1024 * 1024 });
  return gzipSync(tar, { level: 9 });
}

function keep(archive, count) {
  const file = join(root, 'libs', 'testing', 'released', `${name}.tgz`);
  const said = `${relative(root, file)}: ${count} files, ${Math.round(archive.length / 1024)} KiB`;
  if (!existsSync(file)) {
    writeFileSync(file, archive);
    console.log(said);
  } else if (readFileSync(file).equals(archive)) console.log(`${said}, as it is kept already`);
  else {
    console.error(`${relative(root, file)} is there already, with other content. What was released stays as it is: take the next number.`);
    process.exitCode = 1;
  }
}
