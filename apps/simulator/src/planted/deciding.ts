import type { Decision, Facts } from '@mizan/ledger';
import type { Planted, Rules } from './planted.js';

/** Facts with some of them changed. */
export function altered(facts: Facts, changes: Partial<Facts>): Facts {
  return {
    ledger: facts.ledger,
    account: (id) => facts.account(id),
    opening: (id) => facts.opening(id),
    command: (id) => facts.command(id),
    hold: (id) => facts.hold(id),
    entry: (id) => facts.entry(id),
    exponent: (asset) => facts.exponent(asset),
    ...changes,
  };
}

/** A bug in how one command is decided. */
export const deciding = (
  name: string,
  foundAs: RegExp,
  decide: (real: Rules['decide'], ...asked: Parameters<Rules['decide']>) => Decision,
): Planted => ({
  name,
  foundAs,
  rules: (real) => ({ decide: (...asked) => decide(real.decide, ...asked) }),
});
