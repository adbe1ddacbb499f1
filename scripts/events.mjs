// node scripts/events.mjs: writes docs/events.md and the JSON Schema of every kind of event, from libs/contracts. `npm test` says where they differ.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { eventFaults, eventFiles, everyKind, goldenExample } from '@mizan/contracts/events-described';
import { root } from './install.mjs';

const docs = join(root, 'docs');
const wanted = eventFiles(everyKind, goldenExample);
const kept = (path) => (existsSync(join(docs, path)) ? readFileSync(join(docs, path), 'utf8') : null);
const changed = eventFaults(everyKind, wanted, kept).filter((fault) => fault.includes('without a new version'));
if (changed.length > 0) {
  console.error(changed.join('\n'));
  console.error('Give the kind its next version and an upcaster. A version that nobody has yet: remove its file first.');
  process.exit(1);
}
for (const [path, text] of Object.entries(wanted)) {
  mkdirSync(dirname(join(docs, path)), { recursive: true });
  writeFileSync(join(docs, path), text);
}
console.log(`${Object.keys(wanted).length} files in docs/`);
