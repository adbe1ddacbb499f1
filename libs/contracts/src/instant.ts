/** A moment as it is written: RFC 3339, UTC, milliseconds. @param ms since the epoch. */
export const instantText = (ms: number): string => new Date(ms).toISOString();
