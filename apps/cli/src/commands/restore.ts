import { WrongUsage } from '../failure.js';
import { toMoment } from '../moment.js';
import { wholeNumber } from '../number-flag.js';
import { ownProgram } from '../own-program.js';
import type { Session } from '../session.js';
import { type LedgerBooks, bookColumns } from './backup.js';

export interface RestoreOptions {
  readonly from?: string;
  readonly to?: string;
  readonly toTime?: string;
  readonly history?: string;
  readonly drill?: true;
}

interface Restored {
  readonly backup: string;
  readonly ledgers: readonly LedgerBooks[];
  readonly before: string | null;
  readonly archive: string | null;
}

const FOREIGN_TOPICS =
  'The topics of KAFKA_BROKERS may hold events that the restored books do not: before you start, delete mizan.journal and the groups that read it. See docs/backup.md';

export async function restore(session: Session, { from, to, toTime, history, drill }: RestoreOptions): Promise<void> {
  const { output } = session;
  const target = to === undefined ? null : /^(.+)@([1-9]\d{0,14})$/.exec(to);
  if (to !== undefined && !target) throw new WrongUsage(`--to takes <ledger>@<position>, as in main@1200, not ${to}.`);
  if (to !== undefined && toTime !== undefined) throw new WrongUsage('Either --to or --to-time.');
  const flags = {
    from,
    to,
    'to-time': toTime === undefined ? undefined : toMoment(toTime),
    history: history && String(wholeNumber('--history', history, 1)),
  };
  const args = Object.entries(flags).flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag}`, value]));
  const restored = await ownProgram<Restored>(session, 'restore', [...args, ...(drill ? ['--drill'] : [])]);
  if (target) sayWhereItEnded(session, target[1]!, Number(target[2]), restored);
  if (!drill && session.world.env.KAFKA_BROKERS) output.say(FOREIGN_TOPICS);
  if (output.isJson) return output.document(restored);
  await output.rows(bookColumns, restored.ledgers);
  output.note(drill ? `All of it can be restored, from backup ${restored.backup}. Nothing was changed.` : told(restored));
}

function told({ backup, before, archive }: Restored): string {
  const aside = before === null ? '' : `\nWhat was there is kept in ${before}; remove it when you no longer need it.`;
  const from = archive === null ? '\nIts log is kept nowhere until the next backup: npx mizan backup --to <folder>' : '';
  return `Restored from backup ${backup}.${aside}${from}\nStart with: npm start   then compare everything: npx mizan replay`;
}

/** Events of one append come back together or not at all. */
function sayWhereItEnded({ output }: Session, ledger: string, position: number, { ledgers }: Restored): void {
  const end = ledgers.find(({ tenant, id }) => id === ledger || `${tenant}/${id}` === ledger)?.position ?? position;
  if (end > position) output.say(`${ledger}@${position} was written together with the events up to ${end}: all of them came back.`);
}
