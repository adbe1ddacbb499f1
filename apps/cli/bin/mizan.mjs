#!/usr/bin/env node
// Starts the command line with a Node that can run it, and says what to do where something is not there yet.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const NEEDED = 24;
const main = at('../dist/main.js');
const ownNode = at('../../../node_modules/.bin/node');

if (!existsSync(main)) fail('Mizan has not been built yet. Run: npm start   or: npm run build');
else if (Number(process.versions.node.split('.')[0]) >= NEEDED) await import('../dist/main.js');
else if (!existsSync(ownNode))
  fail(`Mizan needs Node ${NEEDED}; this is ${process.versions.node}. Run npm start or npm install, which bring it.`);
else {
  const child = spawn(ownNode, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl-C reaches the child by itself, since it shares our terminal; we wait for its answer.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('error', (error) => fail(error.message));
  child.on('exit', (code, signal) => (process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)));
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}
