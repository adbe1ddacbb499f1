/**
 * Seeds of schedules that once failed, and what was found; they are run again with every test. What a seed leads to also
 * depends on each call that the product makes, so a test of the product's own keeps what was learned (named here).
 */
export const regressions: readonly { readonly seed: number; readonly found: string; readonly keptIn: string }[] = [
  {
    seed: 131,
    found: 'A former owner of a ledger wrote once more after the new one had loaded it: a hold placed so was never expired.',
    keptIn: 'apps/transfers/src/overtaken.int.spec.ts',
  },
];
