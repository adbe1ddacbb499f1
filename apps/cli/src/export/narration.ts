/** What ends a line, or begins a comment in hledger even inside quotes; and a `%` that would look like one of these. */
const unspeakable = /[;\p{Cc}\p{Zl}\p{Zp}]|%(?=[0-9A-Fa-f]{2})/gu;

/** A text in quotes that hledger and beancount read alike, on one line: `"` and `\` behind a `\`, what they cannot hold as `%3B`. */
export function narration(text: string): string {
  return `"${text.replace(unspeakable, (sign) => encodeURIComponent(sign)).replace(/["\\]/g, '\\$&')}"`;
}

/** The text of a narration, its quotes included. */
export function textOf(narration: string): string {
  return narration
    .slice(1, -1)
    .replace(/\\(["\\])/g, '$1')
    .replace(/(?:%[0-9A-F]{2})+/g, decodeURIComponent);
}
