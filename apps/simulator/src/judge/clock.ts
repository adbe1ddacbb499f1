/** The most that a writer's clock may be wrong, ms. */
export const CLOCK_MS = 2_600;
