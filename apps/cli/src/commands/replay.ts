import type { Check } from '../check.js';
import { type ExitCode, exitCode } from '../exit-code.js';
import { JournalReplay } from '../journal-replay.js';
import { Progress } from '../progress.js';
import { ReadModelComparison } from '../read-model-comparison.js';
import type { Session } from '../session.js';
import type { Column } from '../table.js';

const columns: readonly Column<Check>[] = [
  { title: 'count', cell: ({ count }) => count.toLocaleString('en'), align: 'right' },
  { title: 'check', cell: ({ name }) => name },
  { title: 'result', cell: (check) => (check.count === 0 && check.differences === 0 ? 'nothing to compare' : check.verdict) },
];

export async function replay(session: Session): Promise<ExitCode> {
  const { client, output, world } = session;
  const { signal } = world;
  const ledger = await session.ledger();
  const { position } = await client.ledger(ledger);

  const journal = new JournalReplay((after) => client.journal(ledger, { after, signal }));
  const progress = new Progress(output, 'events');
  if (!(await journal.advanceTo(position, () => progress.update(journal.position, position))))
    journal.positions.differs(`the journal ends at ${journal.position}; the ledger stands at ${position}`);
  progress.end();

  const readModels = new ReadModelComparison(journal, client, ledger, signal);
  if (journal.isWhole) await readModels.compare();
  journal.end();

  const checks = journal.isWhole ? [...journal.checks, ...readModels.checks] : journal.checks;
  const equal = journal.isWhole && checks.every(({ differences }) => differences === 0);
  await print(session, { ledger, position: journal.position, erased: journal.erased, equal, checks });
  return equal ? exitCode.done : exitCode.checkFailed;
}

interface Report {
  readonly ledger: string;
  readonly position: number;
  readonly erased: number;
  readonly equal: boolean;
  readonly checks: readonly Check[];
}

async function print({ output }: Session, report: Report): Promise<void> {
  if (output.isJson) {
    const checks = report.checks.map(({ name, count, differences, found }) => ({ name, count, differences, found }));
    return output.document({ ...report, checks });
  }
  await output.rows(columns, report.checks);
  if (report.erased > 0) output.note(`The texts of ${report.erased} events have been erased; their commitments stand.`);
  for (const { name, differences, found } of report.checks) {
    for (const difference of found) output.say(`${name}: ${difference}`);
    if (differences > found.length) output.say(`${name}: ... and ${differences - found.length} more`);
  }
  const broken = report.checks.every(({ differences }) => differences === 0) ? 'the journal could not be taken into a book' : 'NOT equal';
  await output.text(`${report.equal ? 'all equal' : broken} at position ${report.position.toLocaleString('en')} of ${report.ledger}\n`);
}
