const rfc3339 = /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,3}))?Z$/;

/**
 * Reads an RFC 3339 moment in UTC (`2026-01-31T12:00:00Z`, up to three digits of fraction) as ms since the epoch.
 * Undefined for any other form, and for a day or an hour that does not exist.
 */
export function parseInstant(value: unknown): number | undefined {
  const parts = typeof value === 'string' ? rfc3339.exec(value) : null;
  if (!parts) return undefined;
  const [text, fraction = ''] = parts;
  const ms = Date.parse(text);
  const exact = `${text.slice(0, 19)}.${fraction.padEnd(3, '0')}Z`;
  return !Number.isNaN(ms) && formatInstant(ms) === exact ? ms : undefined;
}

export const formatInstant = (ms: number): string => new Date(ms).toISOString();

/** The day of a moment in UTC, `YYYY-MM-DD`; days compare as texts. */
export const dayOf = (ms: number): string => formatInstant(ms).slice(0, 10);
