// npm run clean: removes all state and all that was built. The journal goes with it.
import { existsSync, rmSync } from 'node:fs';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './install.mjs';

const occupancy = join(root, 'apps/start/dist/occupancy.js');
if (existsSync(occupancy)) {
  const { occupant } = await import(occupancy);
  const running = occupant(join(root, '.mizan'));
  if (running) {
    console.error(`✗ Mizan is running here (pid ${running.pid}). Stop it first: Ctrl-C where it runs, or kill ${running.pid}`);
    process.exit(3);
  }
}
const built = ['apps', 'libs'].flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name, 'dist')));
for (const folder of [join(root, '.mizan'), join(root, '.nx'), ...built]) rmSync(folder, { recursive: true, force: true });
console.log('Removed .mizan (ledgers, backups in it, settings, logs, downloads), .nx and every dist folder.');
