import { type LookUp, entryStanding, holdStanding } from '../history.js';
import type { PlainHold } from './movements.js';
import type { PlainLedger } from './plain-ledger.js';

/** How what is looked up stands, as one text; null where there is no such thing. @param now ms since the epoch. */
export function standingOf({ kind, id }: LookUp, ledger: PlainLedger, now: number): string | null {
  switch (kind) {
    case 'lookup':
      return ledger.spent.has(id) ? 'spent' : null;
    case 'hold': {
      const hold = ledger.holds.get(id);
      return hold ? holdStanding(isDue(hold, now) ? expired(hold) : hold) : null;
    }
    case 'entry': {
      const entry = ledger.entries.get(id);
      return entry ? entryStanding(entry) : null;
    }
  }
}

/** Looking up a hold that is due expires it, as a command on it does. */
const isDue = ({ status, expiresAt }: PlainHold, now: number): boolean => status === 'placed' && expiresAt !== null && expiresAt <= now;
const expired = (hold: PlainHold): PlainHold => ({ ...hold, released: hold.amount - hold.captured, status: 'expired' });
