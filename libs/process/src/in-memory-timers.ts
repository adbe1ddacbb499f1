import type { Timer, Timers } from './ports.js';

/** For tests and trials: the whole port, kept nowhere but in memory. */
export class InMemoryTimers implements Timers {
  private readonly rows = new Map<string, Timer>();

  async set(timer: Timer): Promise<void> {
    const row = this.rows.get(timer.process);
    if (!row || row.version <= timer.version) this.rows.set(timer.process, timer);
  }

  async clear(process: string, version: number): Promise<void> {
    const row = this.rows.get(process);
    if (row && row.version <= version) this.rows.delete(process);
  }

  async due(now: number, limit: number): Promise<readonly Timer[]> {
    return [...this.rows.values()]
      .filter(({ at }) => at <= now)
      .toSorted((one, other) => one.at - other.at || (one.process < other.process ? -1 : 1))
      .slice(0, limit);
  }
}
