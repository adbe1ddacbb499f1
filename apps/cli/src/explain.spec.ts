import { PassThrough } from 'node:stream';
import { MizanProblem } from '@mizan/client';
import { explain } from './explain.js';

const world = { env: {}, cwd: '/', stdout: new PassThrough(), stderr: new PassThrough(), signal: new AbortController().signal };
const explained = (detail: string, suggestions: readonly string[]): string => {
  const said = { type: 'about:blank', title: 'account_not_found', status: 404, detail, instance: '/', requestId: 'r-1' };
  return explain(new MizanProblem({ ...said, code: 'account_not_found', suggestions }), world, undefined);
};

it('names what the server suggests, once', () => {
  expect(explained('There is no account clients:71.', ['clients:17', 'clients:1'])).toBe(
    'error: account_not_found: There is no account clients:71.\nDid you mean clients:17 or clients:1?',
  );
  const named = 'There is no account clients:71. Near it: clients:17.';
  expect(explained(named, ['clients:17'])).toBe(`error: account_not_found: ${named}`);
  expect(explained('There is no account clients:71.', [])).toBe('error: account_not_found: There is no account clients:71.');
});
