import { Problem } from './problem.js';
import { optionalOneOf, optionalPosition, optionalText, pageLimit, readQuery } from './query.js';

const parameters = {
  limit: pageLimit,
  prefix: optionalText,
  minPosition: optionalPosition,
  side: optionalOneOf(['debit', 'credit']),
};
const nothing = { limit: 100, prefix: null, minPosition: null, side: null };

it.each([
  [{}, {}],
  [
    { limit: '1000', prefix: 'clients:' },
    { limit: 1000, prefix: 'clients:' },
  ],
  [
    { minPosition: '0', side: 'debit' },
    { minPosition: 0, side: 'debit' },
  ],
])('%j is read', (query, read) => expect(readQuery(query, parameters)).toEqual({ ...nothing, ...read }));

it.each([
  [{ size: '1' }, 'size'],
  [{ toString: '1' }, 'toString'],
  [{ limit: ['1', '2'] }, 'limit'],
  [{ limit: '0' }, 'limit'],
  [{ limit: '1001' }, 'limit'],
  [{ limit: '1.5' }, 'limit'],
  [{ limit: '' }, 'limit'],
  [{ limit: '١٠' }, 'limit'],
  [{ minPosition: '-1' }, 'minPosition'],
  [{ minPosition: '9007199254740993' }, 'minPosition'],
  [{ side: 'left' }, 'side'],
])('%j is refused, naming the parameter', (query, field) => {
  const read = (): unknown => readQuery(query, parameters);
  expect(read).toThrow(Problem);
  expect(read).toThrow(expect.objectContaining({ code: 'invalid_query', status: 400, details: expect.objectContaining({ field }) }));
});
