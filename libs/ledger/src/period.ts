import type { ClosePeriod } from './command.js';
import type { PeriodClosed, Recorded } from './events.js';
import type { Facts } from './facts.js';
import { dayOf } from './instant.js';
import type { Rejection } from './rejection.js';
import { noTexts } from './texts.js';

/** Days close in order, and only once they are over. */
export function closePeriod({ ledger }: Facts, command: ClosePeriod, recorded: Recorded): PeriodClosed | Rejection {
  const { through } = command;
  const { closedThrough } = ledger;
  if (closedThrough !== null && through <= closedThrough)
    return { code: 'period_closed', detail: `The books are closed through ${closedThrough} already. Give a later day.`, field: 'through' };
  const today = dayOf(recorded.recordedAt);
  if (through >= today)
    return { code: 'invalid_date', detail: `${through} is not over: today is ${today} (UTC). Give a day before it.`, field: 'through' };
  return { ...recorded, type: 'PeriodClosed', command, texts: noTexts };
}
