import { Foreign } from './poison.js';

/** A batch in a codec that the client lacks. Everything else that the broker would give in the same answer is out of reach, too. */
export class Unpackable extends Foreign {}

/** Null for any other error. */
export function unpackable(error: unknown): Unpackable | null {
  if (error instanceof Unpackable) return error;
  const { name, message, cause } = error as Error;
  if (name === 'KafkaJSNotImplemented')
    return new Unpackable(`it is compressed in a way that this reader cannot unpack (${message}).`, null, { cause: error });
  return cause === undefined ? null : unpackable(cause);
}
