import { join } from 'node:path';
import type { Started } from './bring-up.js';
import { type FailingPart, failingParts, inWords } from './health.js';
import { shown } from './home.js';

/** Tells on stderr which parts of the services fail, each of them once. */
export class HealthWarnings {
  readonly #started: Started;
  readonly #told = new Set<string>();

  constructor(started: Started) {
    this.#started = started;
  }

  async tell(which: (failing: FailingPart) => boolean): Promise<void> {
    const { home, development, brokers } = this.#started;
    const names = Object.keys(development.services);
    const failing = await Promise.all(Object.entries(development.services).map(([name, url]) => failingParts({ name, url }, names)));
    for (const one of failing.flatMap((parts) => parts ?? []).filter(which)) {
      const key = `${one.service} ${one.part}`;
      if (this.#told.has(key)) continue;
      this.#told.add(key);
      process.stderr.write(`! ${inWords(one, shown(join(home.logs, `${one.service}.log`)), brokers)}\n`);
    }
  }
}
