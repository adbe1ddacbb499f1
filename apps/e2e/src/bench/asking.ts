import { MizanClient, type SingleOperation } from '@mizan/client';
import type { PostingSide } from './posting-side.js';

/** How many operations a batch carries, and how many batches are on their way at once. */
const BATCH = 4_000;
const AT_ONCE = 3;

/** A client of the posting side for as long as a benchmark takes. */
export function clientOf({ url, freshToken }: PostingSide): MizanClient {
  return new MizanClient({ url, token: freshToken, attemptTimeoutMs: 120_000, deadlineMs: 600_000 });
}

/** Sends operations 0 .. count-1 in batches. @throws where one of them is refused. */
export async function sendAll(
  client: MizanClient,
  ledger: string,
  count: number,
  operation: (i: number) => SingleOperation,
): Promise<void> {
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < count) {
      const from = next;
      next += BATCH;
      const operations = Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => operation(from + i));
      const refused = (await client.batch(ledger, operations)).find(({ status }) => status !== 'applied');
      if (refused) throw new Error(`${refused.id}: ${refused.code} ${refused.detail}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
}
