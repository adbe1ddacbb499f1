import { run } from './run.js';

// scripts/start.mjs says when the user's command began, before anything was installed and built.
const before = Number(process.env['MIZAN_START_BEGAN'] ?? Date.now());
process.exit(await run(process.argv.slice(2), process.env, performance.now() - (Date.now() - before)));
