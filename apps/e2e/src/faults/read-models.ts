import type { Stand } from './stand.js';

/** Does something while nobody posts, by which no table of the read models may change by a byte. @throws where one did. */
export async function inQuiet(stand: Stand, work: () => Promise<void>): Promise<void> {
  await stand.clients.pause();
  await stand.quiet();
  const before = await readModels(stand);
  await work();
  const after = await readModels(stand);
  const changed = [...before].filter(([name, digest]) => after.get(name) !== digest).map(([name]) => name);
  if (changed.length > 0) throw new Error(`What came again changed ${changed.join(', ')}.`);
  stand.clients.start();
}

/** A digest of every table that says something of the books. */
async function readModels(stand: Stand): Promise<ReadonlyMap<string, string>> {
  const tables = await stand.ask<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'accounts' AND tablename NOT IN ('inbox', 'feed_tokens', 'rebuilding')`,
  );
  const digests = await Promise.all(
    tables.map(async ({ name }) => {
      const [row] = await stand.ask<{ digest: string }>(
        `SELECT md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE "C"), '')) AS digest FROM accounts.${name} t`,
      );
      return [name, row!.digest] as const;
    }),
  );
  return new Map(digests);
}
