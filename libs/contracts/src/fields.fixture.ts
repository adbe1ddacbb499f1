/** Keys whose texts are words of ours: another word is another meaning. Of all other texts only the kind counts. */
const WORDS = new Set(['cap', 'frozen', 'op', 'side', 'status', 'type']);

/** Every field that a stored event has, one line each: `EntryPosted data.command.cap = debit`, `EntryPosted data.texts string`. */
export function fieldsOf(text: string): readonly string[] {
  const event = JSON.parse(text) as { type: string };
  return [...fields(event, '')].map((field) => `${event.type} ${field}`);
}

function* fields(value: unknown, path: string): Generator<string> {
  if (Array.isArray(value)) for (const each of value) yield* fields(each, `${path}[]`);
  else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) yield* fields(inner, path === '' ? key : `${path}.${key}`);
  else if (typeof value === 'string' && WORDS.has(path.split('.').at(-1)!)) yield `${path} = ${value}`;
  else yield `${path} ${value === null ? 'null' : typeof value}`;
}
