import { setTimeout as sleep } from 'node:timers/promises';
import { inColumns, seconds } from '../columns.js';
import type { Bus } from './fault.js';

/** How far behind the services say they are at one moment, s: the most that any of them says, null where none does. */
export interface Lags {
  readonly 'read models': number | null;
  readonly relay: number | null;
}

const METRICS: Readonly<Record<keyof Lags, string>> = {
  'read models': 'mizan_projection_lag_seconds',
  relay: 'mizan_relay_lag_seconds',
};
const LOOK_EVERY_MS = 1_000;
const LONGEST_ANSWER_MS = 5_000;
/** Where nobody posts any more, lag is 0 within this time. */
const BACK_WITHIN_MS = 30_000;

/** Without a broker nothing is relayed. */
const kindsOn = (bus: Bus): readonly (keyof Lags)[] => (bus === 'kafka' ? ['read models', 'relay'] : ['read models']);

/** @param texts the metrics of each service. */
export function lagsIn(texts: readonly string[]): Lags {
  const most = (metric: string): number | null => {
    const line = new RegExp(`^${metric}(?:\\{.*\\})? (\\S+)$`, 'm');
    const values = texts.map((text) => line.exec(text)?.[1]).filter((value) => value !== undefined);
    return values.length === 0 ? null : Math.max(...values.map(Number));
  };
  return { 'read models': most(METRICS['read models']), relay: most(METRICS.relay) };
}

/** Looks at the lags once a second for so long. @param services their addresses, by their names */
export async function watchLags(services: Readonly<Record<string, string>>, ms: number): Promise<Lags[]> {
  const samples: Lags[] = [];
  for (const until = performance.now() + ms; performance.now() < until; await sleep(LOOK_EVERY_MS)) samples.push(await look(services));
  return samples;
}

/** Where nobody posts: looks until all lags are 0, or for as long as that may take. */
export async function watchLagsEnd(services: Readonly<Record<string, string>>, bus: Bus): Promise<Lags[]> {
  const samples = [await look(services)];
  for (const until = performance.now() + BACK_WITHIN_MS; behind(samples, bus).length > 0 && performance.now() < until;) {
    await sleep(LOOK_EVERY_MS);
    samples.push(await look(services));
  }
  return samples;
}

async function look(services: Readonly<Record<string, string>>): Promise<Lags> {
  const metricsOf = async (url: string): Promise<string> =>
    (await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(LONGEST_ANSWER_MS) })).text();
  // Whoever does not answer tells no lag.
  return lagsIn(await Promise.all(Object.values(services).map((url) => metricsOf(url).catch(() => ''))));
}

/** In words, which lags the last sample does not show at 0. */
export function behind(samples: readonly Lags[], bus: Bus): readonly string[] {
  return kindsOn(bus).flatMap((kind) => {
    const last = samples.at(-1)?.[kind] ?? null;
    if (last === 0) return [];
    return [last === null ? `${kind}: no service tells its lag` : `${kind}: still ${seconds(last * 1_000)} behind while nobody posts`];
  });
}

/** As a table in Markdown. */
export function lagTable(samples: readonly Lags[], bus: Bus): string {
  const rows = kindsOn(bus).map((kind) => {
    const values = samples.flatMap((sample) => sample[kind] ?? []);
    const sorted = values.toSorted((a, b) => a - b);
    const shown = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1), values.at(-1)];
    return [kind, ...shown.map((value) => (value === undefined ? 'none' : seconds(value * 1_000)))];
  });
  return inColumns(['lag of', 'median', 'most', 'in the end'], rows);
}
