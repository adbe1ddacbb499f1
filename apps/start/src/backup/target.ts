import type { Backup } from './manifest.js';
import { BackupProblem } from './problem.js';

/** Which moment is wanted back. */
export type Target = 'latest' | { readonly time: string } | LedgerTarget;

export interface LedgerTarget {
  /** Its id, or `<tenant>/<id>` where several tenants have it. */
  readonly ledger: string;
  readonly position: number;
}

export class WrongTarget extends Error {}

/** @param to `<ledger>@<position>`. @param time a moment. @throws WrongTarget */
export function readTarget(to: string | undefined, time: string | undefined): Target {
  if (to !== undefined && time !== undefined) throw new WrongTarget('Either --to or --to-time.');
  if (to !== undefined) {
    const [, ledger, position] = /^(.+)@(\d{1,15})$/.exec(to) ?? [];
    if (!ledger || !(Number(position) > 0)) throw new WrongTarget(`--to takes <ledger>@<position>, as in main@1200, not ${to}.`);
    return { ledger, position: Number(position) };
  }
  if (time === undefined) return 'latest';
  const moment = new Date(time);
  if (Number.isNaN(moment.getTime())) throw new WrongTarget(`--to-time takes a moment, as in 2026-01-31T09:30:00Z, not ${time}.`);
  return { time: moment.toISOString() };
}

export function isNamed(ledger: { readonly tenant: string; readonly id: string }, name: string): boolean {
  return ledger.id === name || `${ledger.tenant}/${ledger.id}` === name;
}

/** The newest backup that was whole before the target. @throws BackupProblem where none was. */
export function chooseBackup(backups: readonly Backup[], target: Target): Backup {
  const chosen = backups.findLast((backup) => isBefore(backup, target));
  if (chosen) return chosen;
  const oldest = backups[0];
  if (!oldest) throw new BackupProblem('There is no complete backup of these books. Take one: npx mizan backup');
  const reach =
    typeof target === 'object' && 'ledger' in target
      ? `${target.ledger} stood at ${positionIn(oldest, target)} at its end, after ${target.position}`
      : `it ended at ${oldest.endedAt}`;
  throw new BackupProblem(
    `The target lies before the end of the oldest backup, ${oldest.id}: ${reach}. What was before it cannot be restored`,
  );
}

/** The position of a ledger when a backup was whole: 0 where it was not there yet. @throws BackupProblem where several have the name. */
export function positionIn({ ledgers }: Backup, { ledger }: LedgerTarget): number {
  const named = ledgers.filter((one) => isNamed(one, ledger));
  if (named.length > 1)
    throw new BackupProblem(
      `Several tenants have a ledger ${ledger}. Name one: ${named.map(({ tenant, id }) => `${tenant}/${id}`).join(', ')}`,
    );
  return named[0]?.position ?? 0;
}

function isBefore(backup: Backup, target: Target): boolean {
  if (target === 'latest') return true;
  return 'time' in target ? backup.endedAt <= target.time : positionIn(backup, target) <= target.position;
}
