export interface StopRequests {
  /** Somebody wants everything to stop, or is gone. */
  readonly first: Promise<void>;
  /** And now at once. */
  readonly second: Promise<void>;
}

/** One Ctrl-C arrives up to three times: from the terminal, from npm, and from the script that npm runs. */
const SAME_REQUEST_MS = 500;

export function stopRequests(): StopRequests {
  let asked: number | undefined;
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  const stop = (): void => {
    if (asked === undefined) {
      asked = performance.now();
      first.resolve();
    } else if (performance.now() - asked > SAME_REQUEST_MS) second.resolve();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  // Who started this is gone, without a word: that is a first request, never a second.
  process.on('disconnect', () => first.resolve());
  return { first: first.promise, second: second.promise };
}
