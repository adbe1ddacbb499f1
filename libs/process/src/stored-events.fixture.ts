import { type Heard, START, clerks } from './clerk.fixture.js';
import type { Next } from './definition.js';

const DAY_MS = 86_400_000;

/** Each process does what its first message says, so that together they show every kind of event. */
function next(heard: readonly Heard[]): Next {
  const said = heard.map(({ signal }) => signal);
  const content = { amount: '900', to: 'Žofie' };
  switch (heard[0]!.content) {
    case 'wait, then post':
      if (said.includes('done')) return { do: 'nothing' };
      if (!said.includes('due')) return { do: 'wait', until: START + DAY_MS };
      return { do: 'call', step: 'post', content, attempts: 2 };
    case 'ask':
      if (said.includes('done') || said.includes('declined') || said.includes('expired')) return { do: 'nothing' };
      if (!said.includes('approved')) return { do: 'approve', step: 'check', content, maker: 'key:maker', expiresAt: START + 2 * DAY_MS };
      return { do: 'call', step: 'pay', content, attempts: 1, approvedIn: 'check' };
    default:
      return { do: 'call', step: 'post', content, attempts: 1 };
  }
}

/** The streams of a few processes, one line for each event. */
export async function goldenStory(): Promise<string> {
  const { runner, counterpart, time, ports } = clerks(next);
  const ok = { status: 'done', answer: { position: 7 } } as const;
  const no = { status: 'refused', rejection: { code: 'insufficient_funds', detail: 'There is not enough.' } } as const;
  counterpart.answers = [no, ok, no, ok];
  const asked = { actor: 'key:maker', correlation: 'order-5' };
  const traceparent = `00-${'0af7651916cd43dd'.repeat(2)}-b7ad6b7169203331-01`;
  const start = (process: string, content: string): Promise<unknown> => runner.receive(process, { id: 'm1', content, asked, traceparent });
  await start('clerk-given', 'ask');
  await start('clerk-declined', 'ask');
  await start('clerk-expired', 'ask');
  await runner.receive('clerk-posted', { id: 'm1', content: 'wait, then post', causation: 'journal-golden@3' });
  await runner.takeDue();
  time.now += DAY_MS;
  await runner.advance('clerk-posted');
  await start('clerk-ended', 'post');
  await runner.advance('clerk-ended');
  const { sha256 } = (await runner.read('clerk-given')).approvals.get('check')!.asked;
  await runner.decide('clerk-given', { id: 'd1', step: 'check', verdict: 'approve', sha256, by: 'key:checker' });
  await runner.decide('clerk-declined', { id: 'd1', step: 'check', verdict: 'decline', sha256, by: 'key:checker' });
  await runner.advance('clerk-given');
  time.now += DAY_MS;
  await runner.advance('clerk-expired');
  const lines: string[] = [];
  for (const process of ['given', 'declined', 'expired', 'posted', 'ended'])
    for (const { text } of await ports.store.read(`clerk-${process}`, 0, 100)) lines.push(`${JSON.stringify({ event: text })}\n`);
  return lines.join('');
}
