import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds to wait before the next attempt: doubling from `first` up to `most`. @param failures in a row so far, 1 or more. */
export function backoffMs(failures: number, first: number, most: number): number {
  return Math.min(most, first * 2 ** Math.min(failures - 1, 30));
}

/** Waits, or returns early when `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {});
}

/** Resolves when the work has ended, well or badly, or after `ms`, whichever is first. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const timeout = new AbortController();
  await Promise.race([work.catch(() => {}), pause(ms, timeout.signal)]);
  timeout.abort();
}

/** The work's own end, or after `ms` an error with this complaint; the work is then left to itself. */
export async function inTime<T>(ms: number, work: Promise<T>, complaint: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${complaint} (Waited ${ms} ms.)`)), ms);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The work's own end, or the abort's reason if that comes first; the work is then left to itself. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason as Error);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, over]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
