import { PassThrough } from 'node:stream';
import { money } from './amount.js';
import { isColored } from './color.js';
import { type Form, Output, type OutputFlags } from './output.js';
import type { Column } from './table.js';
import type { Terminal } from './world.js';

interface Row {
  readonly id: string;
  readonly amount: bigint;
  readonly at: string;
}
const columns: readonly Column<Row>[] = [
  { title: 'account', cell: ({ id }) => id, gives: true },
  { title: 'when', cell: ({ at }) => ({ at }) },
  { title: 'posted', cell: ({ amount }) => money(amount, 2), align: 'right' },
];
const rows: readonly Row[] = [
  { id: 'clients:17', amount: 123_456_789n, at: '1993-01-01T00:00:00.000Z' },
  { id: 'حساب:1', amount: -5n, at: '1993-01-02T09:30:00.000Z' },
];

function terminal(isTTY: boolean, width = 80): Terminal & { text(): string } {
  const stream = new PassThrough();
  return Object.assign(stream, { isTTY, columns: width, text: () => String(stream.read() ?? '') });
}

async function printed(
  flags: OutputFlags,
  { isTTY = false, width = 80, form }: { isTTY?: boolean; width?: number; form?: Form } = {},
): Promise<string> {
  const stdout = terminal(isTTY, width);
  const world = { env: {}, cwd: '/', stdout, stderr: terminal(isTTY), signal: new AbortController().signal };
  await new Output(world, flags, form).rows(columns, rows);
  return stdout.text();
}

it('gives a pipe the columns between tabs, uncut, with plain amounts and whole moments', async () => {
  expect(await printed({})).toBe(
    'account\twhen\tposted\nclients:17\t1993-01-01T00:00:00.000Z\t1234567.89\nحساب:1\t1993-01-02T09:30:00.000Z\t-0.05\n',
  );
});

it('gives a terminal a table, amounts grouped and to the right', async () => {
  expect((await printed({ color: 'never' }, { isTTY: true })).split('\n')).toEqual([
    'account     when                       posted',
    'clients:17  1993-01-01           1,234,567.89',
    'حساب:1      1993-01-02 09:30:00         -0.05',
    '',
  ]);
});

it('cuts the column that gives way where a terminal is narrow, and no other', async () => {
  const table = await printed({ color: 'never' }, { isTTY: true, width: 42 });
  expect(table).toContain('clien…');
  expect(table).toContain('1,234,567.89');
});

it('takes a terminal of 0 columns for one of unknown width', async () => {
  expect(await printed({ color: 'never' }, { isTTY: true, width: 0 })).toContain('clients:17  1993-01-01 ');
});

it('prints JSON as one document, or one document a line, with digits for amounts', async () => {
  const all = rows.map(({ amount, ...row }) => ({ ...row, amount: String(amount) }));
  expect(JSON.parse(await printed({ json: true }))).toEqual(all);
  expect(
    (await printed({ jsonl: true }))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual(all);
});

it('quotes what a CSV file must quote', async () => {
  const stdout = terminal(false);
  const world = { env: {}, cwd: '/', stdout, stderr: terminal(false), signal: new AbortController().signal };
  await new Output(world, {}, 'csv').rows(columns, [{ ...rows[0]!, id: 'rent, "March"' }]);
  expect(stdout.text()).toBe('account,when,posted\r\n"rent, ""March""",1993-01-01T00:00:00.000Z,1234567.89\r\n');
});

it('lets no text steer the terminal or break the columns', async () => {
  const stdout = terminal(false);
  const world = { env: {}, cwd: '/', stdout, stderr: terminal(false), signal: new AbortController().signal };
  await new Output(world, {}).rows(columns, [{ ...rows[0]!, id: '\u001b[2Jgone\tnext\nline' }]);
  expect(stdout.text().split('\n')[1]).toBe('\ufffd[2Jgone\ufffdnext\ufffdline\t1993-01-01T00:00:00.000Z\t1234567.89');
});

it('colors by the flag, then NO_COLOR and FORCE_COLOR, then the terminal', () => {
  const [tty, pipe] = [terminal(true), terminal(false)];
  expect(isColored(tty, {})).toBe(true);
  expect(isColored(pipe, {})).toBe(false);
  expect(isColored(tty, { TERM: 'dumb' })).toBe(false);
  expect(isColored(tty, { NO_COLOR: '1', FORCE_COLOR: '1' })).toBe(false);
  expect(isColored(pipe, { FORCE_COLOR: '1' })).toBe(true);
  expect(isColored(pipe, { NO_COLOR: '1' }, 'always')).toBe(true);
  expect(isColored(tty, {}, 'never')).toBe(false);
  expect(isColored(tty, { NO_COLOR: '1' }, 'auto')).toBe(false);
});
