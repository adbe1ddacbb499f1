// How measurements are shown: tables in Markdown.

/** The first column is words, the others stand to the right. */
export function inColumns(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, nr) => Math.max(column.length, ...rows.map((row) => row[nr]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, nr) => (nr === 0 ? cell.padEnd(widths[nr]!) : cell.padStart(widths[nr]!))).join(' | ')} |`;
  const rule = `| ${widths.map((width, nr) => (nr === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(columns), rule, ...rows.map(line)].join('\n');
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
