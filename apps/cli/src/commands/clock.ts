import { ownProgram } from '../own-program.js';
import type { Session } from '../session.js';
import { spanMs } from '../span.js';
import type { Column } from '../table.js';

/** Moments as RFC 3339 with Z. */
interface Shown {
  readonly now: string;
  readonly realTime: string;
  readonly aheadMs: number;
  /** In words. */
  readonly ahead: string;
}

const columns: readonly Column<Shown>[] = [
  { title: 'clock', cell: ({ now }) => ({ at: now }) },
  { title: 'ahead', cell: ({ ahead }) => ahead },
  { title: 'real time', cell: ({ realTime }) => ({ at: realTime }) },
];

export const showClock = (session: Session): Promise<void> => clock(session, []);

/** @param span how far, as in 3d. */
export const advanceClock = (session: Session, span: string): Promise<void> => clock(session, ['--advance', String(spanMs(span))]);

async function clock(session: Session, args: readonly string[]): Promise<void> {
  const { output } = session;
  const { ahead, ...shown } = await ownProgram<Shown>(session, 'clock', args);
  if (output.isJson) return output.document(shown);
  await output.rows(columns, [{ ...shown, ahead }]);
}
