import { type ServiceRow, checkedServices, ownerOfProcess, serviceNamed, services, urlVariable } from './services.js';

const ledger: ServiceRow = {
  name: 'books',
  port: 9001,
  streams: ['book'],
  processes: [],
  says: 'mizan.books',
  hears: [],
  scopes: [],
  memoryMb: 250,
  oldSpaceMb: 128,
  connections: 8,
};
/** Its processes are streams of its own, and it may act. */
const running = (...kinds: string[]): ServiceRow => ({ ...ledger, streams: ['book', ...kinds], processes: kinds, scopes: ['ledger'] });
const reader: ServiceRow = { ...ledger, name: 'reader', port: 9002, streams: [], says: null, hears: ['mizan.books'], scopes: ['feed'] };

test('the table of services stands, and so does a table of one who says and one who hears', () => {
  expect(services.map(({ name }) => name)).toEqual(['transfers', 'gateway', 'accounts']);
  expect(checkedServices([ledger, reader])).toEqual([ledger, reader]);
});

test('a service is found by its name, and named in the variable of its address', () => {
  expect(serviceNamed('accounts').port).toBe(8082);
  expect(() => serviceNamed('books')).toThrow("There is no service 'books'.");
  expect(urlVariable('transfers')).toBe('TRANSFERS_URL');
});

test('a process is found by its kind, which no other kind hides', () => {
  const rows = checkedServices([running('close', 'close_year'), reader]);
  expect(ownerOfProcess('close-2026:1:1', rows)?.name).toBe('books');
  expect(ownerOfProcess('close_year-2026', rows)?.name).toBe('books');
  expect(ownerOfProcess('closed-2026', rows)).toBeNull();
  expect(ownerOfProcess('close-2026')).toBeNull();
});

test.each<[string, ServiceRow[], string]>([
  ['a name with a hyphen', [{ ...ledger, name: 'the-books' }], "service 'the-books' is wrong: a name is 1 to 31 small letters"],
  ['a topic without a stream', [{ ...ledger, streams: [] }], "service 'books' is wrong: it says mizan.books but owns no kind of stream"],
  ['a topic that nobody says', [reader], "service 'reader' is wrong: it hears mizan.books, which no service says"],
  [
    'a reader without its scope',
    [ledger, { ...reader, scopes: [] }],
    "service 'reader' is wrong: it hears mizan.books and lacks the scope feed",
  ],
  ['an unknown scope', [{ ...ledger, scopes: ['everything'] }], "service 'books' is wrong: the scope everything is not known"],
  [
    'a kind of process that no id can begin with',
    [{ ...ledger, processes: ['a b'] }],
    "service 'books' is wrong: the kind of process a b is not",
  ],
  [
    'a kind that would hide another',
    [{ ...running('close'), processes: ['close', 'close-year'] }],
    'the kind of process close-year is not',
  ],
  ['a kind of process twice', [{ ...running('close'), processes: ['close', 'close'] }], 'two services have the processes close'],
  ['too many kinds', [running(...Array.from({ length: 33 }, (_, i) => `kind${i}`))], '33 kinds of processes, and 32'],
  ['processes that are no streams of its own', [{ ...running('close'), streams: ['book'] }], 'does not own streams of that kind'],
  ['processes that may not act', [{ ...running('close'), scopes: [] }], 'it has processes and no scope with which they could act'],
  ['a kind of stream that would hide another', [{ ...ledger, streams: ['a-b'] }], 'the kind of stream a-b is not'],
  ['no scopes at all', [{ ...ledger, scopes: undefined as never }], "service 'books' is wrong: it says no scopes"],
  ['one name twice', [ledger, { ...ledger, port: 9003, streams: [], says: null }], 'two services have the name books'],
  ['one port twice', [ledger, { ...reader, port: 9001 }], 'two services have the port 9001'],
  ['two owners of a kind of stream', [ledger, { ...ledger, name: 'other', port: 9003, says: null }], 'two services own the streams book'],
  ['two who say a topic', [ledger, { ...ledger, name: 'other', port: 9003, streams: ['page'] }], 'two services say the topic mizan.books'],
])('%s is refused in one line', (_, rows, reason) => {
  expect(() => checkedServices(rows)).toThrow(reason);
});
