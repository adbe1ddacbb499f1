import type { Writable } from 'node:stream';

/** What a command sees of the machine: given to it, so that tests can give another. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  /** Shows a long text screen by screen; false where it is short enough, or nobody watches. */
  readonly page?: (text: string) => boolean;
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal;
}

export type Terminal = Writable & { readonly isTTY?: boolean; readonly columns?: number };
