import { type FileHandle, open } from 'node:fs/promises';

const BUFFER_CHARACTERS = 256 * 1024;

/** A file that is written from its beginning to its end, in large pieces. It must not exist yet. */
export class GrowingFile {
  #waiting: string[] = [];
  #characters = 0;

  private constructor(private readonly file: FileHandle) {}

  /** Readable for its owner alone: it holds people's words and balances. */
  static async create(path: string): Promise<GrowingFile> {
    return new GrowingFile(await open(path, 'wx', 0o600));
  }

  async write(text: string): Promise<void> {
    this.#waiting.push(text);
    this.#characters += text.length;
    if (this.#characters >= BUFFER_CHARACTERS) await this.#flush();
  }

  async close(): Promise<void> {
    try {
      await this.#flush();
    } finally {
      await this.file.close();
    }
  }

  async #flush(): Promise<void> {
    const text = this.#waiting.join('');
    this.#waiting = [];
    this.#characters = 0;
    await this.file.appendFile(text);
  }
}
