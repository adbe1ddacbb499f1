import { type ExitCode, exitCode } from '../exit-code.js';
import { ownProgram } from '../own-program.js';
import type { Session } from '../session.js';
import type { Column } from '../table.js';

interface Rebuilt {
  readonly events: number;
  readonly behind: number;
  readonly differences: readonly Difference[];
  readonly switched: boolean;
}

interface Difference {
  readonly table: string;
  readonly rows: number;
  readonly ledger: string;
  readonly account: string | null;
  readonly key: Readonly<Record<string, string | null>>;
  readonly column: string | null;
  readonly live: string | null;
  readonly journal: string | null;
}

const columns: readonly Column<Difference>[] = [
  { title: 'table', cell: ({ table }) => table },
  { title: 'rows that differ', cell: ({ rows }) => rows.toLocaleString('en'), align: 'right' },
  { title: 'the first: ledger', cell: ({ ledger }) => ledger },
  { title: 'account', cell: ({ account }) => account },
  {
    title: 'place',
    cell: ({ key }) =>
      Object.entries(key)
        .map(([name, value]) => `${name} ${value}`)
        .join(' '),
    gives: true,
  },
  { title: 'column', cell: ({ column }) => column ?? 'the row' },
  { title: 'as it is read', cell: ({ live }) => live },
  { title: 'by the journal', cell: ({ journal }) => journal },
];

export async function rebuild(session: Session, { althoughDifferent }: { readonly althoughDifferent?: true }): Promise<ExitCode> {
  const { output } = session;
  const rebuilt = await ownProgram<Rebuilt>(session, 'rebuild', althoughDifferent ? ['--although-different'] : []);
  const { events, behind, differences, switched } = rebuilt;
  if (output.isJson) await output.document(rebuilt);
  else if (differences.length > 0) await output.rows(columns, differences);
  if (!switched) {
    const stand = behind === 0 ? '' : ` They stand still, ${behind.toLocaleString('en')} events behind it, which alone makes them differ.`;
    output.say(
      `The read models are not as the journal has them, and were left as they are.${stand} The journal is right: mizan rebuild --although-different`,
    );
  } else if (differences.length === 0)
    output.note(`The read models were as the journal has them, ${events.toLocaleString('en')} events, and are made anew.`);
  else
    output.note(
      'The read models are mended: they are as the journal has them. Where accounts stood still (mizan status), stop and start again.',
    );
  return switched ? exitCode.done : exitCode.checkFailed;
}
