import { wholeNumber } from '../number-flag.js';
import { ownProgram } from '../own-program.js';
import type { Session } from '../session.js';
import type { Column } from '../table.js';

export interface BackupOptions {
  readonly to?: string;
  readonly keep: string;
  readonly list?: true;
}

export interface LedgerBooks {
  readonly tenant: string;
  readonly id: string;
  readonly position: number;
  readonly checksum: string;
}

interface Taken {
  readonly id: string;
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
  readonly ledgers: readonly LedgerBooks[];
  readonly removed: readonly string[];
}

interface Listed {
  readonly archive: string;
  readonly archivedAt: string | null;
  readonly backups: readonly Kept[];
}

interface Kept {
  readonly id: string;
  readonly bytes: number;
  readonly endedAt: string;
  readonly ledgers: readonly LedgerBooks[];
  readonly history: number;
  readonly onLine: boolean;
  readonly gap: string | null;
}

export const bookColumns: readonly Column<LedgerBooks>[] = [
  { title: 'ledger', cell: ({ tenant, id }) => `${tenant}/${id}` },
  { title: 'position', cell: ({ position }) => position, align: 'right' },
  { title: 'sha256 of its events', cell: ({ checksum }) => checksum },
];

const backupColumns: readonly Column<Kept>[] = [
  { title: 'backup', cell: ({ id }) => id },
  { title: 'MB', cell: ({ bytes }) => megabytes(bytes), align: 'right' },
  { title: 'history', cell: ({ history }) => history, align: 'right' },
  { title: 'goes on to', cell: reach },
  { title: 'ledgers', cell: ({ ledgers }) => ledgers.map(({ id, position }) => `${id}@${position}`).join(' '), gives: true },
];

export async function backup(session: Session, { to, keep, list }: BackupOptions): Promise<void> {
  const folder = to === undefined ? [] : ['--to', to];
  if (list) return showBackups(session, await ownProgram<Listed>(session, 'backup', ['--list', ...folder]));
  const kept = wholeNumber('--keep', keep, 1);
  const taken = await ownProgram<Taken>(session, 'backup', [...folder, '--keep', String(kept)]);
  const { output } = session;
  if (output.isJson) return output.document(taken);
  await output.rows(bookColumns, taken.ledgers);
  output.note(
    `${taken.folder}: ${taken.files} files, ${megabytes(taken.bytes)} MB${taken.removed.length > 0 ? `; removed ${taken.removed.join(', ')}` : ''}`,
  );
}

async function showBackups({ output }: Session, listed: Listed): Promise<void> {
  if (output.isJson) return output.document(listed);
  await output.rows(backupColumns, listed.backups);
  output.note(`${listed.archive}; the archive was last added to at ${listed.archivedAt ?? 'no time yet'}`);
}

function reach({ onLine, gap }: Kept): string {
  if (!onLine) return 'what a restore left';
  return gap === null ? 'the end' : `${gap}, which is missing`;
}

const megabytes = (bytes: number): string => Math.ceil(bytes / 1e6).toLocaleString('en');
