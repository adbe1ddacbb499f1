import { readFileSync, readdirSync } from 'node:fs';
import { type ServiceRow, serviceNamed } from '@mizan/contracts';
import { serviceRole } from '@mizan/database';
import { inColumns } from '../columns.js';
import type { Stand } from './stand.js';

/** What a process takes of the machine at one moment: resident memory, MB, and open files, sockets and pipes. */
export interface Footprint {
  readonly memory: number;
  readonly descriptors: number;
}

/** One process of a service, from its birth to its end: faults kill services, and another process begins anew. */
export interface Life {
  readonly service: string;
  readonly samples: readonly Footprint[];
}

/** How many connections a role has to PostgreSQL, all its processes together, from the first fault to the end. */
export interface Backends {
  readonly role: string;
  readonly samples: readonly number[];
  /** What the pools of its processes hold. What a killed one leaves behind may be there for a moment as well. */
  readonly most: number;
}

const INTERVAL_MS = 1_000;
/** A process that has just begun still grows into its work: samples that are not looked at. */
const WARMING_UP = 30;
/** A life that is shorter, after that, says nothing. */
const SHORTEST = 30;
/** So long a process must live to be judged, ms; the last samples may be late. */
export const LONG_ENOUGH_MS = (WARMING_UP + SHORTEST + 10) * INTERVAL_MS;
/** From the first third of a life to its last, medians: more is a leak. Descriptors come and go with connections, memory with garbage. */
const BOUNDS: Footprint = { memory: 64, descriptors: 32 };
/** From the first third of the run to its last, medians. */
const MORE_BACKENDS = 8;
/** Looks at every service, and at the connections of each, once a second, until it is stopped. */
export class Footprints {
  readonly #lives = new Map<number, { readonly service: string; readonly samples: Footprint[] }>();
  readonly #backends = new Map<string, number[]>();
  readonly #timer = setInterval(() => void Promise.all([this.#look(), this.#count()]), INTERVAL_MS);

  readonly #mostBackends = new Map<string, number>();

  constructor(private readonly stand: Pick<Stand, 'platform' | 'ask'>) {
    for (const instance of Object.keys(stand.platform.services)) {
      const { name, connections } = serviceOf(instance);
      this.#mostBackends.set(serviceRole(name), (this.#mostBackends.get(serviceRole(name)) ?? 0) + connections);
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  all(): readonly Life[] {
    return [...this.#lives.values()];
  }

  backends(): readonly Backends[] {
    return [...this.#backends].map(([role, samples]) => ({ role, samples, most: this.#mostBackends.get(role)! }));
  }

  async #look(): Promise<void> {
    const { platform } = this.stand;
    for (const service of Object.keys(platform.services)) {
      const pid = await platform.pidOf(service).catch(() => null);
      const footprint = pid === null ? null : footprintOf(pid);
      if (pid === null || !footprint) continue;
      const life = this.#lives.get(pid) ?? { service, samples: [] };
      life.samples.push(footprint);
      this.#lives.set(pid, life);
    }
  }

  async #count(): Promise<void> {
    // A server that is broken at the moment says nothing.
    const counted = await this.stand.ask<{ role: string; backends: string }>(BACKENDS, [[...this.#mostBackends.keys()]]).catch(() => []);
    for (const { role, backends } of counted) this.#backends.set(role, [...(this.#backends.get(role) ?? []), Number(backends)]);
  }
}

const BACKENDS = `SELECT role, (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename = role) AS backends
  FROM unnest($1::text[]) AS role`;

/** Null where there is no such process (any more). */
export function footprintOf(pid: number): Footprint | null {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? null : { memory: Number(kilobytes) / 1_000, descriptors: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return null;
  }
}

const kinds = ['memory', 'descriptors'] as const;

/** By how much samples grew; null where there are too few. */
function growth(samples: readonly number[]): number | null {
  const settled = samples.slice(WARMING_UP);
  return settled.length < SHORTEST ? null : median(lastThird(settled)) - median(settled.slice(0, Math.floor(settled.length / 3)));
}

const of = (kind: keyof Footprint, { samples }: Life): readonly number[] => samples.map((sample) => sample[kind]);

/** The row of an instance such as `transfers-2`. */
const serviceOf = (instance: string): ServiceRow => serviceNamed(instance.replace(/-\d+$/, ''));

/** In words, one for each. */
export function leaks(lives: readonly Life[]): readonly string[] {
  const found: string[] = [];
  for (const life of lives) {
    for (const kind of kinds) {
      const grown = growth(of(kind, life));
      if (grown !== null && grown > BOUNDS[kind])
        found.push(`${life.service}: ${kind} grew by ${Math.round(grown)} in one process, over the bound of ${BOUNDS[kind]}`);
    }
    const most = Math.max(0, ...of('memory', life));
    const promised = serviceOf(life.service).memoryMb;
    if (most > promised) found.push(`${life.service}: ${Math.round(most)} MB resident, over the ${promised} that are promised`);
  }
  return found;
}

/** Connections that are more and more, or in the end more than the pools hold; in words, one for each. */
export function crowds(backends: readonly Backends[]): readonly string[] {
  const found: string[] = [];
  for (const { role, samples, most } of backends) {
    const grown = growth(samples);
    if (grown !== null && grown > MORE_BACKENDS)
      found.push(`${role}: its connections grew by ${grown}, over the bound of ${MORE_BACKENDS}`);
    const last = median(lastThird(samples));
    if (last > most) found.push(`${role}: ${last} connections in the end, over the ${most} of its pools`);
  }
  return found;
}

/** Of each service over all its processes, and of each role, as a table in Markdown. */
export function footprintTable(lives: readonly Life[], backends: readonly Backends[]): string {
  const services = [...new Set(lives.map(({ service }) => service))].sort();
  const rows = services.flatMap((service) => {
    const own = lives.filter((life) => life.service === service);
    return kinds.map((kind) => {
      const each = own.map((life) => of(kind, life));
      return [service, kind === 'memory' ? 'memory, MB' : kind, String(own.length), ...shown(each)];
    });
  });
  const connections = backends.map(({ role, samples }) => [role, 'connections', '', ...shown([samples])]);
  return inColumns(
    ['service or role', 'of', 'processes', 'first', 'median', 'last', 'judged', 'most that one grew'],
    [...rows, ...connections],
  );
}

/** First, median, last, how many of them were long enough to be judged, and the most that one of those grew. */
function shown(each: readonly (readonly number[])[]): readonly string[] {
  const samples = each.flat();
  const growths = each.flatMap((one) => growth(one) ?? []);
  return [
    ...[samples[0]!, median(samples), samples.at(-1)!].map((value) => String(Math.round(value))),
    String(growths.length),
    growths.length === 0 ? 'too short' : String(Math.round(Math.max(...growths))),
  ];
}

const lastThird = (samples: readonly number[]): readonly number[] => samples.slice(-Math.max(1, Math.floor(samples.length / 3)));

function median(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? 0;
}
