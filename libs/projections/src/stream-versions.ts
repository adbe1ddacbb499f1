import { FEED_LIMITS, type Feed } from '@mizan/messaging';
import type pg from 'pg';

/** How far each stream goes: its last version. */
export type StreamVersions = ReadonlyMap<string, number>;

/** Of all streams, as the feed tells them. */
export async function headsOf(feed: Feed, signal: AbortSignal): Promise<StreamVersions> {
  const found = new Map<string, number>();
  for (let token: string | null = null; ;) {
    const { heads, next } = await feed.heads(token, FEED_LIMITS.heads, signal);
    for (const { stream, version } of heads) found.set(stream, Math.max(version, found.get(stream) ?? 0));
    if (next === token) return found;
    token = next;
  }
}

/** What the tables of a schema include, as far as their consumer has noted. */
export async function versionsIn(client: pg.ClientBase, schema: string, consumer: string): Promise<StreamVersions> {
  const { rows } = await client.query<{ stream: string; version: number }>(
    `SELECT stream, version FROM ${schema}.inbox WHERE consumer = $1`,
    [consumer],
  );
  return new Map(rows.map(({ stream, version }) => [stream, version]));
}

/** How many events that is. */
export const eventsOf = (versions: StreamVersions): number => [...versions.values()].reduce((all, version) => all + version, 0);

/** A number as it is told to people. */
export const count = (events: number): string => events.toLocaleString('en');
