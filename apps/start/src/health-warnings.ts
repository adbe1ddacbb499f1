import { join } from 'node:path';
import type { Started } from './bring-up.js';
import { type FailingPart, failingParts, inWords, isHalt } from './health.js';
import { shown } from './home.js';

/** Tells on stderr which parts of the services fail, each of them once until it is well, or fails for another reason. */
export class HealthWarnings {
  readonly #started: Started;
  #told = new Set<string>();

  /** @param say one line. */
  constructor(
    started: Started,
    private readonly say: (line: string) => void = (line) => void process.stderr.write(`${line}\n`),
  ) {
    this.#started = started;
  }

  async tell(which: (failing: FailingPart) => boolean): Promise<void> {
    const { home, development } = this.#started;
    const names = Object.keys(development.services);
    const services = Object.entries(development.services).map(([name, url]) => ({ name, url }));
    const answers = await Promise.all(services.map(async (service) => [service.name, await failingParts(service, names)] as const));
    const now = new Set<string>();
    for (const [name, failing] of answers) {
      // What does not answer is not well either.
      if (failing === null) for (const key of this.#told) if (key.startsWith(`${name} `)) now.add(key);
      for (const one of failing ?? []) {
        const key = `${one.service} ${one.part} ${isHalt(one) ? one.detail : ''}`;
        const known = this.#told.has(key);
        if (!known && !which(one)) continue;
        now.add(key);
        if (!known) this.say(`! ${inWords(one, shown(join(home.logs, `${one.service}.log`)))}`);
      }
    }
    this.#told = now;
  }
}
