import { Pool } from 'undici';

/** What a load of single requests came to. Times are ms for one request, as the client saw it. */
export interface LoadFigures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly requests: number;
  readonly failed: number;
}

export interface Load {
  readonly url: string;
  readonly token: string;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly measuredMs: number;
  /** The path and the body of the next request. */
  readonly next: () => { readonly path: string; readonly body: string };
}

/** Closed loop: each connection sends its next request when it has the answer to the last one. */
export async function run(load: Load): Promise<LoadFigures> {
  const pool = new Pool(load.url, { connections: load.connections, pipelining: 1 });
  const headers = { authorization: `Bearer ${load.token}`, 'content-type': 'application/json' };
  const measuredFrom = performance.now() + load.warmUpMs;
  const until = measuredFrom + load.measuredMs;
  const times: number[] = [];
  let failed = 0;
  const connection = async (): Promise<void> => {
    for (;;) {
      const startedAt = performance.now();
      if (startedAt >= until) return;
      const { path, body } = load.next();
      const response = await pool.request({ method: 'POST', path, headers, body });
      await response.body.dump();
      if (startedAt < measuredFrom) continue;
      times.push(performance.now() - startedAt);
      if (response.statusCode !== 201) failed += 1;
    }
  };
  await Promise.all(Array.from({ length: load.connections }, connection));
  await pool.close();
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  return { perSecond: times.length / (load.measuredMs / 1000), p50Ms: at(0.5), p99Ms: at(0.99), requests: times.length, failed };
}
