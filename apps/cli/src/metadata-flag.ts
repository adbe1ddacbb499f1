import { WrongUsage } from './failure.js';

/** `key=value` words as metadata. @throws WrongUsage */
export function metadataOf(words: readonly string[]): Record<string, string> {
  const pairs = words.map((word) => {
    const equals = word.indexOf('=');
    if (equals < 1) throw new WrongUsage(`--metadata takes key=value, not ${word}.`);
    return [word.slice(0, equals), word.slice(equals + 1)] as const;
  });
  const metadata = Object.fromEntries(pairs);
  if (Object.keys(metadata).length < pairs.length) throw new WrongUsage('--metadata names a key twice.');
  return metadata;
}
