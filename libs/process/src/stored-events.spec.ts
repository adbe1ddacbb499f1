import { readFileSync } from 'node:fs';
import { type Envelope, decodeEnvelope } from '@mizan/contracts';
import { type EventStore, InMemoryEventStore } from '@mizan/event-store';
import { type Heard, START, clerk, clerks } from './clerk.fixture.js';
import type { Next } from './definition.js';
import type { Answer } from './ports.js';
import { processBody } from './process-body.js';
import { Runner } from './runner.js';
import { goldenStory } from './stored-events.fixture.js';

const post = (heard: readonly Heard[]): Next =>
  heard.some(({ signal }) => signal === 'done') ? { do: 'nothing' } : { do: 'call', step: 'post', content: null, attempts: 1 };
const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const order = { id: 'm1', content: 'order', asked: { actor: 'key:7', correlation: 'cart-9' }, causation: 'journal-x@4', traceparent };

async function envelopesOf(store: EventStore, process: string): Promise<readonly Envelope[]> {
  return (await store.read(process, 0, 100)).map(({ text }) => decodeEnvelope(text));
}

describe('the envelope of an event', () => {
  it('names the service, the process, and what led to it', async () => {
    const { makeRunner, counterpart, ports } = clerks(post);
    const runner = makeRunner({
      calls: {
        // Something else comes while the call is under way.
        send: async (call): Promise<Answer> => {
          await runner.receive('clerk-1', { id: 'm2', content: 'more' });
          return counterpart.send(call);
        },
        lookup: (call) => counterpart.lookup(call),
      },
    });
    await runner.receive('clerk-1', order);
    await runner.takeDue();
    // The answer found another event there and is taken when it comes again.
    await runner.advance('clerk-1');
    const envelopes = await envelopesOf(ports.store, 'clerk-1');
    expect(envelopes.map(({ type, causation, traceparent: trace }) => [type, causation, trace])).toEqual([
      ['MessageReceived', 'journal-x@4', traceparent],
      ['Decided', 'clerk-1@1', traceparent],
      ['CallSent', 'clerk-1@2', null],
      ['MessageReceived', null, null],
      ['Decided', 'clerk-1@4', null],
      ['CallDone', 'clerk-1@3', null],
      ['Decided', 'clerk-1@6', null],
    ]);
    for (const [place, envelope] of envelopes.entries())
      expect(envelope).toMatchObject({
        ...{ stream: 'clerk-1', version: place + 1, actor: 'service:clerks', correlation: 'clerk-1', schemaVersion: 1 },
        recordedAt: new Date(START).toISOString(),
      });
    expect(counterpart.sent.map(({ causation }) => causation)).toEqual(['clerk-1@3']);
  });

  it('is the same, id and all, for the same event at the same version, and has another id for any other', async () => {
    const story = async (process: string, content: string): Promise<readonly Envelope[]> => {
      const { runner, ports } = clerks(post);
      await runner.receive(process, { ...order, content });
      await runner.takeDue();
      return envelopesOf(ports.store, process);
    };
    const once = await story('clerk-1', 'order');
    expect(await story('clerk-1', 'order')).toEqual(once);
    const ids = (envelopes: readonly Envelope[]): string[] => envelopes.map(({ id }) => id);
    const all = [...ids(once), ...ids(await story('clerk-2', 'order')), ...ids(await story('clerk-1', 'other')).slice(0, 2)];
    expect(new Set(all).size).toBe(all.length);
  });

  it('never holds a causation that is none', async () => {
    const { runner, ports } = clerks(post);
    await expect(runner.receive('clerk-1', { ...order, causation: 'clerk-2' })).rejects.toThrow("'clerk-2' names no event");
    expect(await ports.store.version('clerk-1')).toBe(0);
  });

  it.each(['here', `01-${'a'.repeat(32)}-${'b'.repeat(16)}-01`])('holds no trace that nobody can go on with: %s', async (traceparent) => {
    const { runner, ports } = clerks(post);
    await runner.receive('clerk-1', { ...order, traceparent });
    expect((await envelopesOf(ports.store, 'clerk-1')).map((envelope) => envelope.traceparent)).toEqual([null, null]);
  });
});

it('a process halts at an event of a newer program, and no other process does', async () => {
  const { runner, ports } = clerks(post);
  const [first] = await (async () => {
    await runner.receive('clerk-1', order);
    return ports.store.read('clerk-1', 0, 1);
  })();
  await ports.store.append('clerk-2', 0, [first!.text.replace('"schemaVersion":1', '"schemaVersion":2')]);
  await expect(runner.read('clerk-2')).rejects.toThrow('has schema version 2; this program knows 1');
  expect((await runner.read('clerk-1')).version).toBe(2);
});

describe('who asked', () => {
  it('is what the first message says, whoever speaks later', async () => {
    const { runner } = clerks(post);
    for (const process of ['clerk-1', 'other-1', 'clerk-a b', '']) expect(processBody(await runner.read(process))).toBeNull();
    await runner.receive('clerk-1', order);
    await runner.receive('clerk-1', { id: 'm2', content: 'more', asked: { actor: 'key:8' } });
    expect(processBody(await runner.read('clerk-1'))).toEqual({
      process: 'clerk-1',
      stream: 'clerk-1',
      asked: { actor: 'key:7', at: new Date(START).toISOString(), correlation: 'cart-9', causation: 'journal-x@4' },
    });
  });

  it('is the service itself where it only heard of something', async () => {
    const { runner } = clerks(post);
    await runner.receive('clerk-1', { id: 'm1', content: 'order', causation: 'journal-x@4' });
    expect(processBody(await runner.read('clerk-1'))?.asked).toMatchObject({
      actor: 'service:clerks',
      correlation: null,
      causation: 'journal-x@4',
    });
  });
});

it.each(['Clerk', 'pay-out', '1st', ''])('%j is no kind of process', (name) => {
  const { ports } = clerks(post);
  const definition = { ...clerk(post), name };
  expect(() => new Runner('clerks', definition, { ...ports, store: new InMemoryEventStore() })).toThrow('is no name of a kind of process');
});

it('what is stored stays the same to the byte: others have it in their streams', async () => {
  const golden = readFileSync(new URL('../../contracts/golden/process-v1.jsonl', import.meta.url), 'utf8');
  expect(await goldenStory()).toBe(golden);
});

describe('what a newer program decided', () => {
  it('stops an older one with a clear word, and an earlier form is read by the newer', async () => {
    const { runner, ports } = clerks(post);
    await runner.receive('clerk-1', { id: 'm1', content: 'order' });
    const newer = { ...clerk(post), version: 2, upcast: () => ({ signal: 'upcast' }) };
    expect((await new Runner('clerks', newer, ports).read('clerk-1')).state).toEqual([{ signal: 'upcast' }]);
    const { upcast: _, ...without } = newer;
    await expect(new Runner('clerks', without, ports).read('clerk-1')).rejects.toThrow('version 1 of its rules, which nothing here makes');
    await new Runner('clerks', newer, ports).receive('clerk-2', { id: 'm1', content: 'order' });
    await expect(runner.read('clerk-2')).rejects.toThrow('was decided by version 2 of its rules; this program knows 1. Run a newer one.');
  });
});
