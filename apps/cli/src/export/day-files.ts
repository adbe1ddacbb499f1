import { createReadStream, createWriteStream } from 'node:fs';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const BUFFER_CHARACTERS = 8 * 1024 * 1024;

/**
 * Puts texts that come in any order of days into the order of days, and within a day as they came: each day is a file
 * for a while. Memory holds 8 MiB of texts and the days' names, whatever the size of the book.
 */
export class DayFiles {
  readonly #waiting = new Map<string, string[]>();
  readonly #days = new Set<string>();
  #characters = 0;

  private constructor(private readonly folder: string) {}

  /** @param folder made, and removed at the end. */
  static async create(folder: string): Promise<DayFiles> {
    await mkdir(folder, { mode: 0o700 });
    return new DayFiles(folder);
  }

  /** @param day `YYYY-MM-DD`. */
  async add(day: string, text: string): Promise<void> {
    const texts = this.#waiting.get(day);
    if (texts) texts.push(text);
    else this.#waiting.set(day, [text]);
    this.#characters += text.length;
    if (this.#characters >= BUFFER_CHARACTERS) await this.#flush();
  }

  /**
   * Joins the days into one file for each month, and removes them.
   * @returns the names of the months' files, in order: `1993-01.journal`.
   */
  async joinMonths(folder: string): Promise<string[]> {
    await this.#flush();
    await mkdir(folder, { mode: 0o700 });
    const months = Map.groupBy([...this.#days].sort(), (day) => `${day.slice(0, 7)}.journal`);
    for (const [name, days] of months)
      for (const day of days)
        await pipeline(createReadStream(join(this.folder, day)), createWriteStream(join(folder, name), { flags: 'a', mode: 0o600 }));
    await rm(this.folder, { recursive: true });
    return [...months.keys()];
  }

  async #flush(): Promise<void> {
    for (const [day, texts] of this.#waiting) {
      this.#days.add(day);
      await appendFile(join(this.folder, day), texts.join(''), { mode: 0o600 });
    }
    this.#waiting.clear();
    this.#characters = 0;
  }
}
