import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { type PostingSide, startPostingSide } from './bench/posting-side.js';

let posting: PostingSide;
beforeAll(async () => (posting = await startPostingSide()), 60_000);
afterAll(() => posting?.stop(), 60_000);

const headers = (): Record<string, string> => ({ authorization: `Bearer ${posting.token}`, 'content-type': 'application/json' });

async function send(method: string, path: string, body?: object): Promise<{ readonly status: number; readonly body: string }> {
  const answer = await fetch(posting.url + path, { method, headers: headers(), ...(body ? { body: JSON.stringify(body) } : {}) });
  return { status: answer.status, body: await answer.text() };
}

interface UnderWay {
  readonly id: string;
  readonly request: ClientRequest;
  /** The status and body, whatever they are; rejects when the connection breaks off. */
  readonly answer: Promise<{ readonly status: number; readonly body: string }>;
}

/** A request whose head the service has taken: it said 100 Continue, and waits for the body. */
async function begin(id: string, path: string): Promise<UnderWay> {
  const begun = request(`${posting.url}${path}`, { method: 'POST', agent: false, headers: { ...headers(), expect: '100-continue' } });
  const answer = new Promise<IncomingMessage>((resolve, reject) => begun.on('response', resolve).on('error', reject)).then(
    async (response) => ({ status: response.statusCode!, body: await text(response) }),
  );
  answer.catch(() => {});
  const taken = new Promise<void>((resolve) => begun.on('continue', resolve));
  begun.flushHeaders();
  await taken;
  return { id, request: begun, answer };
}

it('told to end, it answers what is under way, loses nothing it has answered, and ends with code 0', async () => {
  await send('PUT', '/v1/ledgers/main', {});
  for (const id of ['a', 'b']) await send('POST', '/v1/ledgers/main/accounts', { id, type: 'equity', asset: 'CZK' });
  const transfer = (id: string) => ({ id, debit: 'a', credit: 'b', amount: '1' });
  const batch = (id: string) => ({ operations: Array.from({ length: 500 }, (_, i) => ({ op: 'transfer', ...transfer(`${id}-${i}`) })) });
  const batches = await Promise.all([1, 2, 3].map((n) => begin(`batch-${n}`, '/v1/ledgers/main/batch')));
  const singles = await Promise.all(Array.from({ length: 20 }, (_, n) => begin(`late-${n}`, '/v1/ledgers/main/transfers')));

  for (const { id, request: begun } of batches) begun.end(JSON.stringify(batch(id)));
  const ended = posting.terminate();
  for (const { id, request: begun } of singles) begun.end(JSON.stringify(transfer(id)));
  const answers = await Promise.all([...batches, ...singles].map(async ({ id, answer }) => ({ id, ...(await answer) })));
  expect(await ended).toBe(0);

  // What came too late is refused with a word that says whether it may be there.
  const codes = answers.map(({ status, body }) => (status < 300 ? 'done' : (JSON.parse(body) as { code: string }).code));
  expect(codes.filter((code) => !['done', 'unavailable', 'outcome_unknown'].includes(code))).toEqual([]);
  await posting.start();
  for (const [index, { id }] of answers.entries()) {
    if (codes[index] === 'outcome_unknown') continue;
    const entry = id.startsWith('batch') ? `${id}-499` : id;
    const { status } = await send('GET', `/v1/ledgers/main/commands/${entry}`);
    expect([entry, status]).toEqual([entry, codes[index] === 'done' ? 200 : 404]);
  }
}, 60_000);
