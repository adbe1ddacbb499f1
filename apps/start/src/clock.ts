import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { readAhead, spanText } from '@mizan/platform/clock';
import { type Home, shown } from './home.js';
import type { Settings } from './settings.js';
import { StartProblem, exitCodes } from './start-problem.js';

/** The clock of a home: null for the machine's own, and how far business time is ahead of it, ms. */
export interface MovedClock {
  readonly file: string | null;
  readonly aheadMs: number;
}

/**
 * The file that says how far the clock was moved, made where it is not there yet. In production there is none.
 * @throws StartProblem where it was moved and this is production: what was recorded lies in the future of the real time.
 */
export function movedClock({ directory, clockFile: file }: Home, { production }: Pick<Settings, 'production'>): MovedClock {
  const aheadMs = existsSync(file) ? ahead(file) : 0;
  if (!production) {
    closeSync(openSync(file, 'a', 0o600));
    return { file, aheadMs };
  }
  if (aheadMs > 0)
    throw new StartProblem(
      `the clock of ${shown(directory)} was moved ${spanText(aheadMs)} ahead, and NODE_ENV is production, where no clock is moved; choose another home: MIZAN_HOME=<folder>`,
      exitCodes.usage,
    );
  rmSync(file, { force: true });
  return { file: null, aheadMs: 0 };
}

function ahead(file: string): number {
  try {
    return readAhead(file);
  } catch (error) {
    throw new StartProblem(`${(error as Error).message.replace(file, shown(file)).replace(/\.$/, '')}`, exitCodes.failed, { cause: error });
  }
}
