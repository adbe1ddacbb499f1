import type { ServiceStatus } from '@mizan/client';
import { type ExitCode, exitCode } from '../exit-code.js';
import type { Session } from '../session.js';
import type { Column } from '../table.js';

/** How far the read models are behind the journal of one ledger, in events. */
interface LedgerStatus {
  readonly ledger: string;
  readonly position: number;
  readonly readPosition: number | null;
  readonly lag: number | null;
}

const serviceColumns: readonly Column<ServiceStatus>[] = [
  { title: 'service', cell: ({ service }) => service },
  { title: 'state', cell: ({ ready }) => (ready ? 'ready' : 'NOT READY') },
  { title: 'version', cell: ({ version }) => version },
  { title: 'detail', cell: detailOf, gives: true },
];

const ledgerColumns: readonly Column<LedgerStatus>[] = [
  { title: 'ledger', cell: ({ ledger }) => ledger },
  { title: 'journal', cell: ({ position }) => position, align: 'right' },
  { title: 'read models', cell: ({ readPosition }) => readPosition ?? 'no answer', align: 'right' },
  { title: 'behind', cell: ({ lag }) => lag, align: 'right' },
];

/** No account id begins like this: the trial balance of none of the accounts says the position alone. */
const NO_ACCOUNT = '_';

export async function status({ client, output, settings }: Session): Promise<ExitCode> {
  const { ready, services } = await client.status();
  const ledgers: LedgerStatus[] = [];
  for await (const { id, position } of client.ledgers()) {
    const read = await client.trialBalance(id, { prefix: NO_ACCOUNT }).catch(() => null);
    ledgers.push({ ledger: id, position, readPosition: read?.position ?? null, lag: read && Math.max(0, position - read.position) });
  }
  if (output.isJson) await output.document({ url: settings.url, ready, services, ledgers });
  else {
    output.note(settings.url);
    await output.rows(serviceColumns, Object.values(services));
    await output.text('\n');
    await output.rows(ledgerColumns, ledgers);
  }
  return ready ? exitCode.done : exitCode.failed;
}

/** The parts that are not ready and why; of a service that is well, its parts. */
function detailOf({ checks = {}, detail, ready }: ServiceStatus): string {
  const parts = Object.entries(checks);
  if (ready) return parts.map(([name]) => name).join(', ');
  return [detail, ...parts.flatMap(([name, check]) => (check.ready ? [] : [`${name}: ${check.detail ?? 'not ready'}`]))]
    .filter(Boolean)
    .join('; ');
}
