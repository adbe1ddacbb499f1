// Takes a backup of the home's PostgreSQL, or lists them: node backup.command.js [--to <folder>] [--keep <n>] | --list
import { resolve } from 'node:path';
import { archiveOf } from './backup/backups.js';
import { dataOf, withCluster } from './backup/cluster.js';
import { command } from './backup/command.js';
import { listBackups } from './backup/list.js';
import { bytesOf } from './backup/manifest.js';
import { takeBackup } from './backup/take-backup.js';

const KEPT = 2;

await command({ to: { type: 'string' }, keep: { type: 'string' }, list: { type: 'boolean' } }, async (home, { to, keep, list }, step) => {
  const data = dataOf(home);
  if (list) return listBackups(to === undefined ? await archiveOf(data) : resolve(to), { data, ordinary: home.backups });
  const order = { data, to: to === undefined ? null : resolve(to), ordinary: home.backups, keep: Number(keep ?? KEPT), step };
  const { backup, folder, removed } = await withCluster(home, (client) => takeBackup({ ...order, client }));
  return { id: backup.id, folder, files: backup.files.length, bytes: bytesOf(backup), ledgers: backup.ledgers, removed };
});
