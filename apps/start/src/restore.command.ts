// Restores the home's PostgreSQL: node restore.command.js [--from <folder>] [--to <ledger>@<position> | --to-time <moment>] [--history <n>] [--drill]
import { join, resolve } from 'node:path';
import { archiveIn, archiveOf } from './backup/backups.js';
import { DATABASE } from './backing-servers.js';
import { dataOf } from './backup/cluster.js';
import { command } from './backup/command.js';
import { type Restored, restore } from './backup/restore.js';
import { readTarget } from './backup/target.js';
import { makeFolder } from './home.js';
import { occupy } from './occupancy.js';
import { password } from './secrets.js';

const flags = {
  from: { type: 'string' },
  to: { type: 'string' },
  'to-time': { type: 'string' },
  history: { type: 'string' },
  drill: { type: 'boolean' },
} as const;

await command(flags, async (home, { from, to, 'to-time': time, history, drill = false }, step) => {
  const target = readTarget(to, time);
  const own = await archiveOf(dataOf(home));
  const archive = await archiveIn(from === undefined ? (own ?? home.backups) : resolve(from));
  const run = async (): Promise<Restored> => {
    for (const folder of [home.directory, home.postgres, home.logs, home.secrets]) makeFolder(folder);
    return restore({
      archive,
      postgres: home.postgres,
      kafka: home.kafka,
      database: DATABASE,
      logFile: join(home.logs, drill ? 'restore-drill.log' : 'restore.log'),
      target,
      history: history === undefined ? null : Number(history),
      password: await password(home, 'postgres'),
      goesOn: from === undefined || archive === own,
      drill,
      step,
    });
  };
  if (drill) return run();
  const occupancy = occupy(home.directory);
  try {
    occupancy.update({ processes: { restore: process.pid } });
    return await run();
  } finally {
    occupancy.leave();
  }
});
