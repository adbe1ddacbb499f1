import { parseArgs } from 'node:util';
import { CONSUMER, journalFeed } from './accounts.module.js';
import { rebuildEnvironment } from './environment.js';
import { type Rebuilt, rebuild } from './rebuild/rebuild.js';

const usage = `Usage: rebuild.command.js [--although-different]
       --although-different   let the books made again take the place of those that are read even where they are not the same`;

/** Each line on stdout is one of these, as JSON; the last is not a step. */
type Said = { readonly step: string } | { readonly done: Rebuilt } | { readonly error: string };
const say = (line: Said): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

const althoughDifferent = ((): boolean => {
  try {
    return parseArgs({ options: { 'although-different': { type: 'boolean' } } }).values['although-different'] === true;
  } catch {
    process.stderr.write(`${usage}\n`);
    process.exit(2);
  }
})();
const settings = rebuildEnvironment();
const broken = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => broken.abort(new Error('Broken off: the books that are read are as they were')));
try {
  const rebuilt = await rebuild({
    adminUrl: settings.ADMIN_DATABASE_URL,
    url: settings.DATABASE_URL,
    consumer: CONSUMER,
    feed: journalFeed(settings),
    althoughDifferent,
    step: (step) => say({ step }),
    signal: broken.signal,
  });
  say({ done: rebuilt });
  if (!rebuilt.switched) process.exitCode = 3;
} catch (error) {
  say({ error: (error as Error).message });
  process.exitCode = 1;
}
