import { Cursors } from './cursor.js';

const url = 'postgresql://mizan_accounts:word@127.0.0.1/mizan';
const cursors = Cursors.from(url);
const list = ['acme', 'statement', 'main', 'clients:17'];
const payload = { effectiveAt: 17, balance: '-1250' };

it('comes back as it was given out, from any instance with the same database', () => {
  expect(Cursors.from(url.replace('127.0.0.1', 'replica')).decode(list, cursors.encode(list, payload))).toEqual(payload);
});

const given = cursors.encode(list, payload);
it.each([
  ['another tenant', ['umbrella', 'statement', 'main', 'clients:17'], given],
  ['another list', ['acme', 'statement', 'main', 'clients:18'], given],
  ['names that only look the same when joined', ['acme', 'statement', 'mainclients:17'], given],
  ['a changed payload', list, `${Buffer.from('{"balance":"9"}').toString('base64url')}.${given.split('.')[1]}`],
  ['no signature', list, given.split('.')[0]!],
  ['another secret', list, Cursors.from(url.replace('word', 'other')).encode(list, payload)],
  ['more behind it', list, `${given}.x`],
  ['nothing', list, ''],
])('is refused for %s', (_, theList, cursor) => {
  expect(() => cursors.decode(theList, cursor)).toThrow(expect.objectContaining({ code: 'invalid_cursor', status: 400 }));
});

it('needs a password to derive its secret from', () => {
  expect(() => Cursors.from('postgresql://mizan_accounts@127.0.0.1/mizan')).toThrow('has no password');
});
