import { readFileSync, readdirSync } from 'node:fs';
import type { Platform } from '@mizan/testing';
import { inColumns } from './trial.js';

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

const INTERVAL_MS = 1_000;
/** A process that has just begun still grows into its work: samples that are not looked at. */
const WARMING_UP = 30;
/** A life that is shorter, after that, says nothing. */
const SHORTEST = 30;
/** So long a process must live to be judged, ms; the last samples may be late. */
export const LONG_ENOUGH_MS = (WARMING_UP + SHORTEST + 10) * INTERVAL_MS;
/** From the first third of a life to its last, medians: more is a leak. Descriptors come and go with connections, memory with garbage. */
const BOUNDS: Footprint = { memory: 64, descriptors: 32 };
/** What `npm start` promises of each service, MB. */
const MOST_MEMORY = 250;

/** Looks at every service once a second, until it is stopped. */
export class Footprints {
  readonly #lives = new Map<number, { readonly service: string; readonly samples: Footprint[] }>();
  readonly #timer = setInterval(() => void this.#look(), INTERVAL_MS);

  constructor(private readonly platform: Platform) {}

  stop(): void {
    clearInterval(this.#timer);
  }

  all(): readonly Life[] {
    return [...this.#lives.values()];
  }

  async #look(): Promise<void> {
    for (const service of Object.keys(this.platform.services)) {
      const pid = await this.platform.pidOf(service).catch(() => null);
      const footprint = pid === null ? null : footprintOf(pid);
      if (pid === null || !footprint) continue;
      const life = this.#lives.get(pid) ?? { service, samples: [] };
      life.samples.push(footprint);
      this.#lives.set(pid, life);
    }
  }
}

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
const settled = ({ samples }: Life): readonly Footprint[] => samples.slice(WARMING_UP);

/** By how much each kind grew over a life; null where it was too short. */
function growth(life: Life): Footprint | null {
  const samples = settled(life);
  if (samples.length < SHORTEST) return null;
  const third = Math.floor(samples.length / 3);
  const [first, last] = [samples.slice(0, third), samples.slice(-third)];
  const grown = (kind: keyof Footprint): number => median(last, kind) - median(first, kind);
  return { memory: grown('memory'), descriptors: grown('descriptors') };
}

/** In words, one for each. */
export function leaks(lives: readonly Life[]): readonly string[] {
  const found: string[] = [];
  for (const life of lives) {
    const grown = growth(life);
    for (const kind of kinds)
      if (grown && grown[kind] > BOUNDS[kind])
        found.push(`${life.service}: ${kind} grew by ${Math.round(grown[kind])} in one process, over the bound of ${BOUNDS[kind]}`);
    const most = Math.max(0, ...life.samples.map(({ memory }) => memory));
    if (most > MOST_MEMORY) found.push(`${life.service}: ${Math.round(most)} MB resident, over the ${MOST_MEMORY} that are promised`);
  }
  return found;
}

/** Of each service over all its processes, as a table in Markdown. */
export function footprintTable(lives: readonly Life[]): string {
  const services = [...new Set(lives.map(({ service }) => service))].sort();
  const rows = services.flatMap((service) => {
    const own = lives.filter((life) => life.service === service);
    const samples = own.flatMap((life) => life.samples);
    const growths = own.flatMap((life) => growth(life) ?? []);
    return kinds.map((kind) => {
      const [first, middle, last] = [samples[0]![kind], median(samples, kind), samples.at(-1)![kind]].map((value) =>
        String(Math.round(value)),
      );
      const most = growths.length === 0 ? 'too short' : String(Math.round(Math.max(...growths.map((grown) => grown[kind]))));
      return [service, kind === 'memory' ? 'memory, MB' : kind, String(own.length), first!, middle!, last!, most];
    });
  });
  return inColumns(['service', 'of', 'processes', 'first', 'median', 'last', 'most that one grew'], rows);
}

function median(samples: readonly Footprint[], kind: keyof Footprint): number {
  const sorted = samples.map((sample) => sample[kind]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
