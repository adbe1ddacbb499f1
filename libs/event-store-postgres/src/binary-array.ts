// Arrays as PostgreSQL sends and receives them in binary: pg hands a Buffer over as it is. Texts full of quotes would
// cost much as array literals, which escape each quote here and undo it there.

const TEXT = 25;
const INT4 = 23;
const INT8 = 20;
const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;

export function textArray(texts: readonly string[]): Buffer {
  const bytes = texts.reduce((sum, text) => sum + LENGTH_BYTES + Buffer.byteLength(text), HEADER_BYTES);
  const array = header(TEXT, texts.length, bytes);
  let at = HEADER_BYTES;
  for (const text of texts) {
    const length = array.write(text, at + LENGTH_BYTES);
    array.writeInt32BE(length, at);
    at += LENGTH_BYTES + length;
  }
  return array;
}

export function int4Array(numbers: readonly number[]): Buffer {
  const array = header(INT4, numbers.length, HEADER_BYTES + numbers.length * (LENGTH_BYTES + 4));
  for (const [index, number] of numbers.entries()) {
    const at = HEADER_BYTES + index * (LENGTH_BYTES + 4);
    array.writeInt32BE(4, at);
    array.writeInt32BE(number, at + LENGTH_BYTES);
  }
  return array;
}

export function int8Array(numbers: readonly number[]): Buffer {
  const array = header(INT8, numbers.length, HEADER_BYTES + numbers.length * (LENGTH_BYTES + 8));
  for (const [index, number] of numbers.entries()) {
    const at = HEADER_BYTES + index * (LENGTH_BYTES + 8);
    array.writeInt32BE(8, at);
    array.writeBigInt64BE(BigInt(number), at + LENGTH_BYTES);
  }
  return array;
}

/** One dimension, no nulls, the first index 1. */
function header(elementType: number, length: number, bytes: number): Buffer {
  const array = Buffer.allocUnsafe(bytes);
  for (const [index, word] of [1, 0, elementType, length, 1].entries()) array.writeInt32BE(word, index * 4);
  return array;
}
