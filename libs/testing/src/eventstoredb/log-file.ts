import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

const HEADER_BYTES = 8;
const LARGEST_RECORD = 32 * 1024 * 1024;

/** A file of records, each written whole and synced before anybody hears of it. What a crash left half written is cut off at the start. */
export class LogFile {
  private constructor(private readonly file: number) {}

  /** @param onRecord is given every whole record, oldest first. */
  static open(directory: string, onRecord: (record: Buffer) => void): LogFile {
    mkdirSync(directory, { recursive: true });
    const file = openSync(join(directory, 'events.log'), 'a+');
    const bytes = fstatSync(file).size;
    let at = 0;
    for (let record = recordAt(file, at); record !== null; record = recordAt(file, at)) {
      onRecord(record);
      at += HEADER_BYTES + record.length;
    }
    if (at < bytes) ftruncateSync(file, at);
    return new LogFile(file);
  }

  /** Returns once they are on disk. */
  append(records: readonly Buffer[]): void {
    const bytes = Buffer.concat(records.flatMap((record) => [header(record), record]));
    for (let at = 0; at < bytes.length;) at += writeSync(this.file, bytes, at);
    fdatasyncSync(this.file);
  }

  close(): void {
    closeSync(this.file);
  }
}

function header(record: Buffer): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt32BE(record.length, 0);
  bytes.writeUInt32BE(crc32(record), 4);
  return bytes;
}

/** Null where no whole record begins. */
function recordAt(file: number, at: number): Buffer | null {
  const head = Buffer.alloc(HEADER_BYTES);
  if (readSync(file, head, 0, HEADER_BYTES, at) < HEADER_BYTES) return null;
  const length = head.readUInt32BE(0);
  if (length > LARGEST_RECORD) return null;
  const record = Buffer.alloc(length);
  if (readSync(file, record, 0, length, at + HEADER_BYTES) < length) return null;
  return crc32(record) === head.readUInt32BE(4) ? record : null;
}
