import { defaultBounds as bounds } from './bounds.js';
import { START, clerk } from './clerk.fixture.js';
import type { Next } from './definition.js';
import { Instance } from './instance.js';
import { answered, plan } from './plan.js';
import { instantText } from '@mizan/contracts';
import { type Recorded } from './recorded.js';

const message: Recorded = { type: 'MessageReceived', at: START, id: 'm1', content: 'order', asked: null };
const heard: Recorded = { type: 'Decided', at: START, event: { signal: 'message' }, rules: 1 };
const sent: Recorded = {
  ...{ type: 'CallSent', at: START, step: 'post', attempt: 1, id: 'clerk-p:post:1' },
  ...{ content: null, attempts: 2, approvedIn: null },
} as Recorded;

/** A process that has come so far, and what it does next. */
function process(next: Next, ...events: readonly Recorded[]) {
  const instance = new Instance(
    clerk(() => next),
    'clerk-p',
  );
  for (const event of [message, heard, ...events]) instance.apply(event, { actor: 'service:clerks', causation: null });
  return instance;
}

const call = (more: Partial<Extract<Next, { do: 'call' }>> = {}): Next => ({
  do: 'call',
  step: 'post',
  content: null,
  attempts: 2,
  ...more,
});
const wait: Next = { do: 'wait', until: START + 10 };

it('rests until the moment that is waited for, and goes on at that moment', () => {
  expect(plan(process(wait), START + 9, bounds)).toEqual({ do: 'rest', until: START + 10 });
  expect(plan(process(wait), START + 10, bounds)).toEqual({
    do: 'append',
    events: [
      { type: 'WaitEnded', at: START + 10, until: instantText(START + 10) },
      { type: 'Decided', at: START + 10, event: { signal: 'due' }, rules: 1 },
    ],
  });
});

it('records a call before it is sent, and then sends what was recorded', () => {
  expect(plan(process(call()), START, bounds)).toEqual({ do: 'append', events: [sent] });
  // Whatever the process would rather do by now.
  expect(plan(process(wait, sent), START + 99, bounds)).toEqual({ do: 'send', call: sent });
});

it('counts attempts by what was refused', () => {
  const refused = { type: 'CallRefused', at: START, step: 'post', id: 'clerk-p:post:1', rejection: { code: 'no', detail: 'No.' } } as const;
  const asked = plan(process(call(), sent, refused), START, bounds);
  expect(asked).toMatchObject({ events: [{ type: 'CallSent', attempt: 2, id: 'clerk-p:post:2' }] });
  const after = plan(process(call({ attempts: 1 }), sent, refused), START, bounds);
  expect(after).toEqual({ do: 'append', events: [{ type: 'ProcessEnded', at: START, why: 'attempts_exhausted', step: 'post' }] });
});

it('has a time that never goes back', () => {
  expect(plan(process(call()), START - 5_000, bounds)).toMatchObject({ events: [{ at: START }] });
  expect(answered(process(call(), sent), { status: 'done', answer: 1 }, START - 5_000, bounds)).toMatchObject([
    { at: START },
    { at: START },
  ]);
});

it('says with the last refusal that it is the last', () => {
  const no = { status: 'refused', rejection: { code: 'no', detail: 'No.' } } as const;
  const lastOf = (attempts: number) => answered(process(call(), { ...sent, attempts } as Recorded), no, START, bounds)[1];
  expect(lastOf(2)).toMatchObject({ event: { signal: 'refused' } });
  expect(lastOf(1)).toMatchObject({ event: { signal: 'refused last' } });
});

it('does nothing for a process that has ended', () => {
  const ended: Recorded = { type: 'ProcessEnded', at: START, why: 'attempts_exhausted', step: 'post' };
  expect(plan(process(call(), ended), START, bounds)).toEqual({ do: 'nothing' });
});

const done: Recorded = { type: 'CallDone', at: START, step: 'post', id: 'clerk-p:post:1', answer: null };
const ask = (content: string): Next => ({ do: 'approve', step: 'check', content, maker: 'm', expiresAt: START + 10 });
const asked: Recorded = {
  type: 'ApprovalAsked',
  at: START,
  step: 'check',
  content: 'a',
  sha256: 'f',
  maker: 'm',
  expiresAt: instantText(START + 10),
};
const given: Recorded = { type: 'ApprovalGiven', at: START, step: 'check', id: 'd', sha256: 'f', by: 'c' };

it('does not use an approval that has expired, nor use it again after a refusal', () => {
  const approved = call({ approvedIn: 'check' });
  const lapsed = { do: 'append', events: [{ type: 'ApprovalExpired', step: 'check' }, { event: { signal: 'expired' } }] };
  expect(plan(process(approved, asked, given), START + 10, bounds)).toMatchObject(lapsed);
  const refused: Recorded = {
    type: 'CallRefused',
    at: START,
    step: 'post',
    id: 'clerk-p:post:1',
    rejection: { code: 'no', detail: 'No.' },
  };
  const tried = process(approved, asked, given, { ...sent, approvedIn: 'check' } as Recorded, refused);
  expect(plan(tried, START + 10, bounds)).toMatchObject(lapsed);
});

it.each([
  ['asks again for a step that is done', process(call(), sent, done), /step post, which is done/],
  ['names a step so that its ids could not be read', process(call({ step: 'a:b' })), /'a:b' is no name of a step/],
  ['asks again for an approval that was decided', process(ask('a'), asked, given), /which has been decided/],
  ['changes what it asks to have approved', process(ask('b'), asked), /changed what it asks for/],
  ['calls with an approval that nobody gave', process(call({ approvedIn: 'check' }), asked), /no unused approval/],
])('throws where a process %s', (_, instance, why) => {
  expect(() => plan(instance, START, bounds)).toThrow(why);
});

it('throws where an answer comes that nobody waits for', () => {
  expect(() => answered(process(call()), { status: 'done', answer: 1 }, START, bounds)).toThrow('waits for no answer');
});
