import type { Hold } from '@mizan/ledger';
import { altered } from './deciding.js';
import type { Planted } from './planted.js';

const LATE_MS = 1_500;

export const inExpiries: readonly Planted[] = [
  {
    name: 'hold not released on expiry',
    foundAs: /HoldExpired : accounts should be/,
    rules: ({ expireHold }) => ({
      expireHold: (facts, id, now) => {
        const event = expireHold(facts, id, now);
        return { ...event, accounts: event.accounts.map(({ account }) => ({ account, balances: facts.account(account)! })) };
      },
    }),
  },
  {
    name: 'a command decided before a hold on its account expires',
    foundAs: /was due before it/,
    rules: () => ({ accountsTouched: () => [] }),
  },
  {
    name: 'a hold that expires early',
    foundAs: /was not due/,
    rules: ({ decide, expireHold }) => ({
      // A hold that was just placed is taken for an expired one at its release.
      decide: (facts, command, now) => {
        const hold = command.op === 'release' ? facts.hold(command.hold) : undefined;
        if (!hold || !early(hold, now) || facts.command(command.id)) return decide(facts, command, now);
        const due = altered(facts, { hold: () => ({ ...hold, expiresAt: 0 }) });
        const event = {
          ...expireHold(due, hold.id, now),
          hold: { ...hold, remaining: 0n, released: hold.released + hold.remaining, status: 'expired' },
        } as const;
        return {
          events: [event],
          answer: { status: 'rejected', replayed: false, event: null, rejection: { code: 'hold_expired', detail: '' } },
        };
      },
    }),
  },
  {
    name: 'the hold that was due last expires first',
    foundAs: /should expire before it/,
    rules: ({ Book }) => ({
      Book: class extends Book {
        override firstDue(moment: number, accounts?: readonly string[]): string | null {
          if (accounts) return super.firstDue(moment, accounts);
          const due = [...this.open.values()].filter(({ expiresAt }) => expiresAt !== null && expiresAt <= moment);
          return due.sort((one, other) => other.expiresAt! - one.expiresAt!)[0]?.id ?? null;
        }
      },
    }),
  },
  {
    name: 'on a command’s accounts the hold that was due last expires first',
    foundAs: /should expire before it/,
    rules: ({ Book }) => ({
      Book: class extends Book {
        override firstDue(moment: number, accounts?: readonly string[]): string | null {
          const due = [...this.open.values()].filter(
            ({ expiresAt, debit, credit }) =>
              expiresAt !== null && expiresAt <= moment && (accounts?.includes(debit) || accounts?.includes(credit)),
          );
          return due.sort((one, other) => other.expiresAt! - one.expiresAt!)[0]?.id ?? super.firstDue(moment, accounts);
        }
      },
    }),
  },
  {
    name: 'a writer that wakes late',
    foundAs: /was due at \S+ and expired \d+ ms later/,
    rules: ({ Book }) => ({
      Book: class extends Book {
        override get nextExpiry(): number | null {
          const next = super.nextExpiry;
          return next === null ? null : next + LATE_MS;
        }
      },
    }),
  },
];

const early = ({ status, expiresAt }: Hold, now: number): boolean => status === 'placed' && expiresAt !== null && expiresAt > now;
