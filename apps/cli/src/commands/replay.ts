import type { Check } from '../check.js';
import { type ExitCode, exitCode } from '../exit-code.js';
import { Failure } from '../failure.js';
import { JournalReplay } from '../journal-replay.js';
import { throughMoment } from '../moment.js';
import { wholeNumber } from '../number-flag.js';
import { Progress } from '../progress.js';
import { ReadModelComparison } from '../read-model-comparison.js';
import type { Session } from '../session.js';
import type { Column } from '../table.js';

const columns: readonly Column<Check>[] = [
  { title: 'count', cell: ({ count }) => count.toLocaleString('en'), align: 'right' },
  { title: 'check', cell: ({ name }) => name },
  { title: 'result', cell: (check) => (check.count === 0 && check.differences === 0 ? 'nothing to compare' : check.verdict) },
];

/** @param options.at a day, a moment, or a position of the journal: everything as it was known then; else as far as it goes. */
export async function replay(session: Session, options: { readonly at?: string } = {}): Promise<ExitCode> {
  const past = options.at === undefined ? null : pastOf(options.at);
  const { client, output, world } = session;
  const { signal } = world;
  const ledger = await session.ledger();
  const { position } = await client.ledger(ledger);

  const journal = new JournalReplay((after) => client.journal(ledger, { after, signal }));
  const progress = new Progress(output, 'events');
  const onEvent = (): void => progress.update(journal.position, past?.position ?? position);
  if (past === null && !(await journal.advanceTo(position, onEvent)))
    journal.positions.differs(`the journal ends at ${journal.position}; the ledger stands at ${position}`);
  if (past !== null) await advanceInto(past, journal, onEvent);
  progress.end();

  const readModels = new ReadModelComparison(journal, client, ledger, signal);
  if (journal.isWhole && past === null) await readModels.compare();
  if (journal.isWhole && past !== null) await readModels.comparePast();
  journal.end();

  const checks = journal.isWhole ? [...journal.checks, ...readModels.checks] : journal.checks;
  const equal = journal.isWhole && checks.every(({ differences }) => differences === 0);
  await print(session, { ledger, position: journal.position, erased: journal.erased, equal, checks });
  return equal ? exitCode.done : exitCode.checkFailed;
}

/** A moment (ms since the epoch) or a position at which the journal is asked for. */
type Past = { readonly moment: number; readonly position?: never } | { readonly position: number; readonly moment?: never };

const pastOf = (text: string): Past =>
  /^\d+$/.test(text) ? { position: wholeNumber('--at', text, 1) } : { moment: Date.parse(throughMoment(text)) };

/** Read models are asked by moments: so the journal is read to the last position of one. */
async function advanceInto({ moment, position }: Past, journal: JournalReplay, onEvent: () => void): Promise<void> {
  if (position !== undefined && !(await journal.advanceTo(position, onEvent)))
    throw new Failure(`The journal ends at position ${journal.position}, before ${position}.`);
  await journal.advanceThrough(moment ?? journal.recordedAt, onEvent);
  if (journal.position === 0) throw new Failure('Nothing was recorded at or before that moment.');
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
