import { type Heard, START, clerks } from './clerk.fixture.js';
import type { Next } from './definition.js';
import type { Answer } from './ports.js';

const no: Answer = { status: 'refused', rejection: { code: 'no', detail: 'No.' } };
const said = (heard: readonly Heard[]): string[] => heard.map(({ signal }) => signal);
const order = { id: 'm1', content: 'order' };

/** One step until it is done; again as long as it is refused. */
const post =
  (attempts: number) =>
  (heard: readonly Heard[]): Next =>
    said(heard).includes('done') ? { do: 'nothing' } : { do: 'call', step: 'post', content: { amount: '5' }, attempts };

describe('attempts', () => {
  it('ends a process whose step was refused as often as it may be, and says so', async () => {
    const { runner, counterpart, ports } = clerks(post(3));
    counterpart.answers = [no];
    await runner.receive('clerk-p', order);
    await runner.takeDue();
    const { ended, state } = await runner.read('clerk-p');
    expect(ended).toBe(true);
    expect(counterpart.sent.map(({ id }) => id)).toEqual(['clerk-p:post:1', 'clerk-p:post:2', 'clerk-p:post:3']);
    expect(said(state)).toEqual(['message', 'refused', 'refused', 'refused last']);
    const last = (await ports.store.readBackwards('clerk-p', Infinity, 1))[0]!;
    expect(JSON.parse(last.text)).toMatchObject({ type: 'ProcessEnded', data: { why: 'attempts_exhausted', step: 'post' } });
    expect(await ports.timers.due(Infinity, 1)).toEqual([]);
    expect(await runner.receive('clerk-p', { id: 'm2', content: 'more' })).toMatchObject({ rejection: { code: 'process_ended' } });
    // What was taken before stays taken.
    expect(await runner.receive('clerk-p', order)).toEqual({ status: 'taken', again: true });
  });

  it('are never more than the bound, whatever the process asks for', async () => {
    const { runner, counterpart } = clerks(post(1_000), { attempts: 2 });
    counterpart.answers = [no];
    await runner.receive('clerk-p', order);
    await runner.takeDue();
    expect(counterpart.sent).toHaveLength(2);
    expect((await runner.read('clerk-p')).ended).toBe(true);
  });

  it('stay the same attempt while the answer is unknown', async () => {
    const { makeRunner, counterpart, time } = clerks(post(2), { retryMs: 1_000 });
    const told: string[] = [];
    const runner = makeRunner({ unknown: ({ id }, why) => told.push(`${id}: ${(why as Error).message}`) });
    counterpart.answers = [new Error('lost'), new Error('lost'), { status: 'done', answer: 'ok' }];
    await runner.receive('clerk-p', order);
    for (let round = 0; round < 5; round += 1, time.now += 1_000) await runner.takeDue();
    expect(counterpart.sent.map(({ id }) => id)).toEqual(['clerk-p:post:1', 'clerk-p:post:1', 'clerk-p:post:1']);
    expect(told).toEqual(['clerk-p:post:1: lost', 'clerk-p:post:1: lost']);
    expect(said((await runner.read('clerk-p')).state)).toEqual(['message', 'done']);
  });
});

describe('approvals', () => {
  const EXPIRES = START + 1_000;
  const content = { pay: '900' };
  /** Asks once, then calls with what was approved. */
  const approved =
    (called: { pay: string }, twice = false) =>
    (heard: readonly Heard[]): Next => {
      const of = said(heard);
      if (of.includes('expired') || of.includes('declined')) return { do: 'nothing' };
      if (!of.includes('approved')) return { do: 'approve', step: 'check', content, maker: 'user:maker', expiresAt: EXPIRES };
      const calls = of.filter((signal) => signal === 'done').length;
      if (calls === 0) return { do: 'call', step: 'pay', content: called, attempts: 1, approvedIn: 'check' };
      return twice && calls === 1 ? { do: 'call', step: 'again', content: called, attempts: 1, approvedIn: 'check' } : { do: 'nothing' };
    };
  const asked = async (next: (heard: readonly Heard[]) => Next) => {
    const made = clerks(next);
    await made.runner.receive('clerk-p', order);
    await made.runner.takeDue();
    const { sha256 } = (await made.runner.read('clerk-p')).approvals.get('check')!.asked;
    const decide = (id: string, by = 'user:checker', hash = sha256, verdict: 'approve' | 'decline' = 'approve') =>
      made.runner.decide('clerk-p', { id, step: 'check', verdict, sha256: hash, by });
    return { ...made, decide };
  };
  const rejected = (code: string) => ({ status: 'rejected', rejection: { code } });

  it('serve one call, of the very content', async () => {
    const { decide, runner, counterpart } = await asked(approved(content));
    expect(counterpart.sent).toEqual([]);
    expect(await decide('d1')).toEqual({ status: 'taken', again: false });
    expect(await decide('d1')).toEqual({ status: 'taken', again: true });
    await runner.takeDue();
    expect(counterpart.sent).toEqual([{ id: 'clerk-p:pay:1', step: 'pay', content, causation: 'clerk-p@6' }]);
    expect((await runner.read('clerk-p')).approvals.get('check')!.status).toBe('used');
  });

  it('are not given by whoever asked', async () => {
    const { decide, runner, counterpart } = await asked(approved(content));
    expect(await decide('d1', 'user:maker')).toMatchObject(rejected('maker_is_checker'));
    await runner.takeDue();
    expect(counterpart.sent).toEqual([]);
    // Nor declined.
    const { sha256 } = (await runner.read('clerk-p')).approvals.get('check')!.asked;
    expect(await decide('d2', 'user:maker', sha256, 'decline')).toMatchObject(rejected('maker_is_checker'));
  });

  it('are not given to other content than was asked for', async () => {
    const { decide } = await asked(approved(content));
    expect(await decide('d1', 'user:checker', 'f'.repeat(64))).toMatchObject(rejected('content_changed'));
  });

  it('expire, and a process whose approval expired hears of it', async () => {
    const { decide, runner, time } = await asked(approved(content));
    time.now = EXPIRES;
    expect(await decide('d1')).toMatchObject(rejected('approval_expired'));
    await runner.takeDue();
    expect(said((await runner.read('clerk-p')).state)).toEqual(['message', 'expired']);
    expect(await decide('d2')).toMatchObject(rejected('approval_expired'));
  });

  it('are decided once', async () => {
    const { decide } = await asked(approved(content));
    await decide('d1');
    expect(await decide('d2')).toMatchObject(rejected('approval_decided'));
    expect(await decide('d1', 'user:other')).toMatchObject(rejected('id_conflict'));
  });

  it.each([
    ['a second call', approved(content, true), /has no unused approval/, ['clerk-p:pay:1']],
    ['a call of other content', approved({ pay: '901' }), /is not what was approved/, []],
  ])('do not serve %s', async (_, next, why, sent) => {
    const { decide, runner, counterpart } = await asked(next);
    await decide('d1');
    const { faults } = await runner.takeDue();
    expect(faults).toEqual([
      { process: 'clerk-p', error: expect.objectContaining({ message: expect.stringMatching(why) as string }) as Error },
    ]);
    expect(counterpart.sent.map(({ id }) => id)).toEqual(sent);
  });

  it('are not taken for what nobody asked', async () => {
    const { runner } = clerks(post(1));
    await runner.receive('clerk-p', order);
    const decision = { id: 'd1', step: 'check', verdict: 'approve', sha256: 'f'.repeat(64), by: 'user:checker' } as const;
    expect(await runner.decide('clerk-p', decision)).toMatchObject(rejected('approval_not_asked'));
  });
});

describe('messages', () => {
  it('with an id that was used for something else are a conflict, and rejected ones leave nothing', async () => {
    const { runner, ports } = clerks(post(1));
    expect(await runner.receive('clerk-p', { id: 'm0', content: 'no' })).toEqual({
      status: 'rejected',
      rejection: { code: 'no', detail: 'No.' },
    });
    expect(await ports.store.version('clerk-p')).toBe(0);
    await runner.receive('clerk-p', order);
    expect(await runner.receive('clerk-p', { ...order, content: 'other' })).toMatchObject({ rejection: { code: 'id_conflict' } });
  });

  it.each([
    ...['clerk-a:b', 'clerk-a/b', 'clerk-a b', 'clerk-é', 'clerk-p\n', `clerk-${'x'.repeat(59)}`],
    ...['', 'p', 'clerk', 'clerk-', 'clerkp', 'Clerk-p', '-clerk-p', 'other-p'],
  ])('to the process %j are refused: it is none of this kind, or no stream and no call could have its name', async (process) => {
    const { runner } = clerks(post(1));
    expect(await runner.receive(process, order)).toMatchObject({ rejection: { code: 'invalid_process_id' } });
    const decision = { id: 'd1', step: 'check', verdict: 'approve', sha256: '', by: 'user:checker' } as const;
    expect(await runner.decide(process, decision)).toMatchObject({ rejection: { code: 'invalid_process_id' } });
  });

  it('to the longest id are taken, and its calls have ids that a ledger takes', async () => {
    const { runner, counterpart } = clerks(post(1));
    const process = `clerk-P.${'x'.repeat(56)}`;
    expect(await runner.receive(process, order)).toEqual({ status: 'taken', again: false });
    await runner.takeDue();
    expect(counterpart.sent[0]!.id).toMatch(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/);
  });
});

describe('bounds', () => {
  it('on messages of one process', async () => {
    const { runner } = clerks(() => ({ do: 'nothing' }), { messages: 2 });
    await runner.receive('clerk-p', order);
    await runner.receive('clerk-p', { id: 'm2', content: 'more' });
    expect(await runner.receive('clerk-p', { id: 'm3', content: 'more' })).toMatchObject({ rejection: { code: 'too_many_messages' } });
    expect(await runner.receive('clerk-p', order)).toEqual({ status: 'taken', again: true });
  });

  it('on events of one signal and of one process', async () => {
    const { runner, ports } = clerks(() => ({ do: 'nothing' }), { events: 4 });
    await expect(runner.receive('clerk-p', { id: 'm1', content: 'much' })).rejects.toThrow(
      'decides 99 events on one signal; 16 are the most',
    );
    await runner.receive('clerk-p', order);
    await runner.receive('clerk-p', { id: 'm2', content: 'more' });
    await expect(runner.receive('clerk-p', { id: 'm3', content: 'more' })).rejects.toThrow('clerk-p would have more than 4 events.');
    expect(await ports.store.version('clerk-p')).toBe(4);
  });

  it('on what is done for one process before others have their turn, and on a slice', async () => {
    const busy = (heard: readonly Heard[]): Next => ({ do: 'call', step: `s${heard.length}`, content: null, attempts: 1 });
    const { runner, counterpart, ports } = clerks(busy, { stepsPerLook: 6, timersPerSlice: 2 });
    for (const process of ['clerk-a', 'clerk-b', 'clerk-c']) await runner.receive(process, order);
    expect(await runner.takeDue()).toEqual({ held: true, looked: 2, faults: [] });
    expect(counterpart.sent.map(({ id }) => id.slice(0, 7)).toSorted()).toEqual([
      'clerk-a',
      'clerk-a',
      'clerk-a',
      'clerk-b',
      'clerk-b',
      'clerk-b',
    ]);
    expect(await ports.timers.due(START, 10)).toHaveLength(3);
  });

  it('on calls under way side by side', async () => {
    const { makeRunner, counterpart } = clerks(post(1), { concurrentCalls: 3 });
    let under = 0;
    let most = 0;
    const slow = async (): Promise<Answer> => {
      most = Math.max(most, (under += 1));
      await new Promise(setImmediate);
      under -= 1;
      return { status: 'done', answer: 'ok' };
    };
    const runner = makeRunner({ calls: { send: slow, lookup: (call) => counterpart.lookup(call) } });
    for (let n = 0; n < 12; n += 1) await runner.receive(`clerk-p${n}`, order);
    await runner.takeDue();
    expect(most).toBe(3);
  });
});

describe('a slice', () => {
  it('is taken by the holder of the lease alone', async () => {
    const { makeRunner, counterpart, ports } = clerks(post(1));
    const runner = makeRunner({ lease: { held: async () => false } });
    await runner.receive('clerk-p', order);
    expect(await runner.takeDue()).toEqual({ held: false, looked: 0, faults: [] });
    expect(counterpart.sent).toEqual([]);
    expect(await ports.timers.due(START, 10)).toHaveLength(1);
  });

  it.each(['the lease is lost', 'it is stopped'])('ends early when %s', async (how) => {
    const { makeRunner, counterpart, ports } = clerks(post(1), { concurrentCalls: 1 });
    const stop = new AbortController();
    const over = (): boolean => counterpart.sent.length >= 2;
    const lease = { held: async () => how === 'it is stopped' || !over() };
    const send = async (call: Parameters<typeof counterpart.send>[0]): Promise<Answer> => {
      const answer = await counterpart.send(call);
      if (how === 'it is stopped' && over()) stop.abort();
      return answer;
    };
    const runner = makeRunner({ lease, calls: { send, lookup: (call) => counterpart.lookup(call) } });
    for (let n = 0; n < 5; n += 1) await runner.receive(`clerk-p${n}`, order);
    expect(await runner.takeDue(stop.signal)).toEqual({ held: true, looked: 2, faults: [] });
    expect(await ports.timers.due(START, 10)).toHaveLength(3);
  });

  it('goes on past a process that fails, which is looked at again later', async () => {
    const failing = (heard: readonly Heard[]): Next => {
      if (heard.some(({ content }) => content === 'bad')) throw new Error('a bug');
      return post(1)(heard);
    };
    const { runner, ports, counterpart } = clerks(failing, { retryMs: 700, concurrentCalls: 1 });
    await runner.receive('clerk-bad', { id: 'm', content: 'bad' });
    await runner.receive('clerk-good', order);
    expect(await runner.takeDue()).toMatchObject({ looked: 2, faults: [{ process: 'clerk-bad', error: { message: 'a bug' } }] });
    expect(counterpart.sent.map(({ id }) => id)).toEqual(['clerk-good:post:1']);
    expect(await ports.timers.due(Infinity, 10)).toMatchObject([{ process: 'clerk-bad', at: START + 700 }]);
  });
});
