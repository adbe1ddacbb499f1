import { type Loopback, loopback } from '@mizan/testing';
import { becomesReady, failingParts, inWords } from './health.js';

const names = ['transfers', 'accounts', 'gateway'];

describe('the health of a service', () => {
  let checks: Record<string, object>;
  let server: Loopback;
  let url: string;
  beforeAll(async () => {
    server = await loopback((_, response) => response.writeHead(503).end(JSON.stringify({ ready: false, checks })));
    url = server.url;
  });
  afterAll(() => server.stop());

  it('is that of its own parts, not of the services it speaks for', async () => {
    checks = { database: { ready: true }, accounts: { ready: false, detail: 'journal: halted' } };
    expect(await failingParts({ name: 'gateway', url }, names)).toEqual([]);
    expect(await becomesReady({ name: 'gateway', url }, names, () => false)).toBe(true);
    checks = { database: { ready: false, detail: 'refused' } };
    expect(await failingParts({ name: 'gateway', url }, names)).toEqual([{ service: 'gateway', part: 'database', detail: 'refused' }]);
  });

  it('is unknown where it does not answer', async () => {
    expect(await failingParts({ name: 'gateway', url: 'http://127.0.0.1:1' }, names)).toBeNull();
  });

  it('does not come by waiting where the books stand still', async () => {
    checks = { journal: { ready: false, detail: 'The books stand still: journal-u1@5: unknown.' } };
    expect(await becomesReady({ name: 'accounts', url }, names, () => false)).toBe(false);
  });
});

describe('what stands still', () => {
  const halted = (why: string) => ({ service: 'accounts', part: 'journal', detail: `The books stand still: ${why}` });

  it('by a message of a topic, is told to delete that topic', () => {
    const message = 'the message mizan.journal/0@5 cannot be read: The message is not JSON (1 characters).';
    expect(inWords(halted(message), 'logs/accounts.log')).toBe(
      'accounts: the books stand still: the message mizan.journal/0@5 cannot be read: The message is not JSON (1 characters). Posting goes on. ' +
        'Delete the topic mizan.journal, as docs/topics.md says, then stop and start again; no entry is lost, the feed has them all. See logs/accounts.log',
    );
  });

  it.each([
    'journal-u1@17: Event journal-u1@17 is of an unknown type AmountMoved. Run a newer program.',
    'journal-u1@17: The read model cannot apply events 17 to 17: Event journal-u1@17 has schema version 2; this program knows 1. Run a newer one.',
    'journal-u1@17: Schema version 2 is unknown here (1 is the newest). Run a newer program.',
    'the message mizan.journal/0@5 holds journal-u1@17: Event journal-u1@17 is of an unknown type AmountMoved. Run a newer program.',
  ])('by an event of a newer release, is told to start one: %s', (why) => {
    expect(inWords(halted(why), 'logs/accounts.log')).toBe(
      `accounts: the books stand still: ${why.slice(0, -1)}. Posting goes on. ` +
        'No event is ever passed over: start a release that understands it. See logs/accounts.log',
    );
  });

  it('by books that an event does not fit, is told how they are mended', () => {
    const why = 'journal-u1@6: The read model cannot apply events 6 to 6: The events speak of entries on accounts that were never opened.';
    expect(inWords(halted(why), 'logs/accounts.log')).toBe(
      `accounts: the books stand still: ${why.slice(0, -1)}. Posting goes on. Compare the books with the journal, npx mizan rebuild, ` +
        'and mend them, npx mizan rebuild --although-different; then stop and start again. See logs/accounts.log',
    );
  });

  it('is not what merely fails', () => {
    expect(inWords({ ...halted(''), part: 'database', detail: 'refused.' }, 'logs/accounts.log')).toBe(
      'accounts is not ready: database: refused. See logs/accounts.log',
    );
  });
});
