import { importBerka, type ImportSummary, type Refusal } from '../berka-import.js';
import { ownCopy } from '../berka-file.js';
import { CZK } from '../berka.js';
import { type ExitCode, exitCode } from '../exit-code.js';
import { Progress } from '../progress.js';
import type { Session } from '../session.js';

/** How many refused rows are named one by one; the summary counts all. */
const NAMED = 100;

export async function importBerkaFile(
  session: Session,
  file: string | undefined,
  options: { onError: 'stop' | 'continue'; dryRun?: true },
): Promise<ExitCode> {
  const { output, world } = session;
  session.bePatient();
  const path = file ?? ownCopy;
  const began = Date.now();
  const progress = new Progress(output, 'rows');
  let named = 0;
  const onRefusal = ({ line, reason, problem }: Refusal): void => {
    named += 1;
    if (named <= NAMED) {
      progress.end();
      output.say(`${path}, line ${line}, ${reason}: ${problem}`);
    } else if (named === NAMED + 1) output.say('... and more: the summary counts them.');
  };
  const ledger = session.ledgerNamed ?? 'berka';
  const summary = await importBerka({
    path,
    ledger,
    onError: options.onError,
    dryRun: options.dryRun === true,
    makeLedger: () => session.client.putLedger(ledger),
    batch: (operations) => session.client.batch(ledger, operations, world.signal),
    onRefusal,
    onProgress: (done, total) => progress.update(done, total),
    signal: world.signal,
  })
    .catch((error: unknown) => {
      if (world.signal.aborted) output.say('Interrupted. What was posted stays; import again to go on.');
      throw error;
    })
    .finally(() => progress.end());
  await print(session, summary, (Date.now() - began) / 1000);
  if (summary.stopped) output.say('Stopped at what was refused; nothing more was posted. --on-error continue posts the good rows.');
  if (summary.refusedByLedger) return exitCode.rejected;
  return summary.refused > 0 ? exitCode.failed : exitCode.done;
}

async function print({ output }: Session, summary: ImportSummary, seconds: number): Promise<void> {
  if (output.isJson) return output.document({ ...summary, asset: CZK, seconds });
  const reasons = Object.entries(summary.reasons).map(([reason, count]) => `${reason}: ${count}`);
  const rows: [string, string | number][] = [
    ['ledger', summary.ledger],
    ['accounts', summary.accounts],
    ['rows read', summary.rows],
    ['posted', summary.posted],
    ['posted before', summary.replayed],
    ['refused', [summary.refused, ...reasons].join('  ')],
    ['journal position', summary.position],
    ['seconds', seconds.toFixed(1)],
  ];
  await output.rows(
    [
      { title: 'import', cell: ([name]) => name },
      { title: '', cell: ([, value]) => value, align: 'right' },
    ],
    rows,
  );
}
