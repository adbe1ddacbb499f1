import { Writable } from 'node:stream';
import { reportTo } from './report.js';

const plain = (text: string): string => text.replaceAll(/\u001b\[[0-9;]*m/g, '');

function output(terminal: { columns: number } | null): { stream: NodeJS.WriteStream; written: () => string } {
  let written = '';
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      written += chunk.toString();
      done();
    },
  });
  return {
    stream: Object.assign(stream, terminal ? { isTTY: true, ...terminal } : {}) as unknown as NodeJS.WriteStream,
    written: () => plain(written),
  };
}

/** What a terminal shows after it has obeyed: cursor up, carriage return, clear below. */
function screen(written: string): string[] {
  const lines = [''];
  let row = 0;
  for (const [token] of written.matchAll(/\u001b\[\d+A|\u001b\[J|\r|\n|[^\u001b\r\n]+/g)) {
    const up = /^\u001b\[(\d+)A$/.exec(token);
    if (up) row -= Number(up[1]);
    else if (token === '\u001b[J') lines.splice(row, Infinity, '');
    else if (token === '\n') lines[++row] ??= '';
    else if (token !== '\r') lines[row] = token;
  }
  return lines.map((line) => line.trimEnd());
}

it('writes one line per step to a pipe, when it has ended', () => {
  const { stream, written } = output(null);
  const report = reportTo(stream);
  const [one, two] = [report.step('one'), report.step('two')];
  one.progress('half way');
  two.noted('without');
  one.done('18.4');
  expect(written()).toMatch(/^ {2}! two +without +0\.0 s\n {2}✓ one +18\.4 +0\.0 s\n$/);
});

it('draws open steps in place on a terminal, in the order in which they began', () => {
  const { stream, written } = output({ columns: 80 });
  const report = reportTo(stream);
  const [one, two] = [report.step('one'), report.step('two')];
  two.done('quick');
  expect(screen(written())).toEqual([expect.stringMatching(/^ {2}… one/), expect.stringMatching(/^ {2}✓ two +quick/), '']);
  one.done('slow');
  const three = report.step('three');
  three.done('last');
  report.line('Ready.');
  expect(screen(written())).toEqual([
    expect.stringMatching(/^ {2}✓ one +slow/),
    expect.stringMatching(/^ {2}✓ two +quick/),
    expect.stringMatching(/^ {2}✓ three +last/),
    'Ready.',
    '',
  ]);
});

it('never draws a line that would wrap', () => {
  const { stream, written } = output({ columns: 40 });
  reportTo(stream).step('PostgreSQL').done('a detail that is much too long for a window as narrow as this one');
  expect(screen(written()).every((line) => line.length <= 40)).toBe(true);
});
