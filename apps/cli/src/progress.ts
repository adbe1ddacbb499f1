import type { Output } from './output.js';

const WIDTH = 24;
const EVERY_MS = 100;

/** A bar on stderr for whoever watches, drawn at most ten times a second. Nothing at all where nobody does. */
export class Progress {
  readonly #began = Date.now();
  #drawn = 0;

  constructor(
    private readonly output: Output,
    /** What is counted: "rows", "events". */
    private readonly unit: string,
  ) {}

  update(done: number, total: number): void {
    if (!this.output.isWatched) return;
    const now = Date.now();
    if (now - this.#drawn < EVERY_MS && done < total) return;
    this.#drawn = now;
    const part = total === 0 ? 1 : Math.min(1, done / total);
    const bar = '█'.repeat(Math.round(part * WIDTH)).padEnd(WIDTH, '░');
    const rate = Math.round((done * 1000) / Math.max(1, now - this.#began));
    const count = (n: number): string => n.toLocaleString('en');
    this.output.overwrite(`${bar} ${Math.floor(part * 100)}%  ${count(done)} of ${count(total)} ${this.unit}  ${count(rate)}/s`);
  }

  /** Takes the bar away, so that what follows stands on a clean line. */
  end(): void {
    if (this.output.isWatched && this.#drawn > 0) this.output.overwrite('');
  }
}
