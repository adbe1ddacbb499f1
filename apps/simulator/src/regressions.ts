/** Seeds of schedules that once failed, and what was found. They are run again with every test. */
export const regressions: readonly { readonly seed: number; readonly found: string }[] = [];
