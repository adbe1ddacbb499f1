import { AppendRefused } from '@mizan/event-store';

/** What the errors of both clients say of themselves. */
interface CommandError {
  readonly type?: string;
  /** As the one client calls it, and the other. */
  readonly actualVersion?: bigint | 'no_stream';
  readonly actualState?: bigint | 'no_stream';
  readonly maxAppendSize?: number;
}

/** The version at which the server says the stream stands; null for any error but a wrong version with the actual one. */
export function versionInConflict(error: unknown): number | null {
  const { type, actualVersion, actualState = actualVersion } = error as CommandError;
  if (type !== 'wrong-expected-version') return null;
  if (actualState === 'no_stream') return 0;
  const version = typeof actualState === 'bigint' ? Number(actualState) + 1 : Number.NaN;
  return Number.isSafeInteger(version) && version > 0 ? version : null;
}

export const isNoStream = (error: unknown): boolean => (error as CommandError).type === 'stream-not-found';

/** Throws where the server took nothing because it is too much for it. */
export function refuseTooLarge(error: unknown): void {
  const { type, maxAppendSize } = error as CommandError;
  if (type === 'maximum-append-size-exceeded')
    throw new AppendRefused(
      `The server takes at most ${maxAppendSize} bytes in one append, which is less than its default of 1 MiB: set its MaxAppendSize.`,
    );
}
