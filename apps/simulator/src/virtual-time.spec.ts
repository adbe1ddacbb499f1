const { VirtualTime, inVirtualTime } = await import('./virtual-time.js');
const { setTimeout: sleep } = await import('node:timers/promises');
const { randomUUID } = await import('node:crypto');

const START = Date.UTC(2026, 2, 10);

it('jumps from timer to timer, in the order of their moments, however they were set', async () => {
  const time = new VirtualTime(START, 1);
  const seen: string[] = [];
  await inVirtualTime(time, async () => {
    const note = (what: string) => (): void => void seen.push(`${time.now - START} ${what}`);
    setTimeout(note('timer'), 60_000);
    setImmediate(note('immediate'));
    void sleep(5_000).then(note('sleep'));
    AbortSignal.timeout(30_000).addEventListener('abort', note('abort'));
    clearTimeout(setTimeout(note('cleared'), 10));
    await time.pass(START + 3_600_000);
  });
  expect(seen).toEqual(['0 immediate', '5000 sleep', '30000 abort', '60000 timer']);
  expect(time.now).toBe(START + 3_600_000);
});

it('ends a sleep whose signal is aborted', async () => {
  const time = new VirtualTime(START, 1);
  const outcome = await inVirtualTime(time, async () => {
    const slept = sleep(5_000, undefined, { signal: AbortSignal.timeout(100) }).catch((error: Error) => error.name);
    await time.pass(START + 1_000);
    return slept;
  });
  expect(outcome).toBe('AbortError');
});

it('gives the same UUIDs for the same seed, and the real ones outside', async () => {
  const uuids = () => inVirtualTime(new VirtualTime(START, 7), async () => [randomUUID(), randomUUID()]);
  const [once, again] = [await uuids(), await uuids()];
  expect(again).toEqual(once);
  expect(once[0]).not.toBe(once[1]);
  expect(randomUUID()).not.toBe(randomUUID());
});
