import { Problem } from './problem.js';

/** How deep objects and lists may stand in one another. */
const MAX_DEPTH = 16;

const [QUOTE, COLON, OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST, SPACE] = Array.from('":{}[] ', (sign) => sign.charCodeAt(0));

/**
 * Looks at what JSON.parse lets pass: a key that stands twice in one object, of which it would keep the last, and depth.
 * @param text well-formed JSON.
 * @throws Problem `invalid_json`
 */
export function checkJsonBody(text: string): void {
  /** The keys so far of each object that is open; of a list, none. */
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charCodeAt(at);
    if (sign === QUOTE) {
      const end = endOfString(text, at);
      if (isKey(text, end)) addKey(open.at(-1)!, text.slice(at, end + 1));
      at = end;
    } else if (sign === OPEN_OBJECT || sign === OPEN_LIST) {
      if (open.push(new Set()) > MAX_DEPTH)
        throw new Problem('invalid_json', `The body is nested more than ${MAX_DEPTH} deep. Send it flatter.`);
    } else if (sign === CLOSE_OBJECT || sign === CLOSE_LIST) open.pop();
  }
}

function addKey(keys: Set<string>, token: string): void {
  const key = JSON.parse(token) as string;
  if (keys.has(key)) {
    const name = key.length > 64 ? `${key.slice(0, 64).toWellFormed()}...` : key.toWellFormed();
    throw new Problem('invalid_json', `The key ${JSON.stringify(name)} stands twice in one object of the body. Send it once.`);
  }
  keys.add(key);
}

/** The closing quote of the string that opens at `start`: the first one with an even number of backslashes before it. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let first = end;
    while (text[first - 1] === '\\') first -= 1;
    if ((end - first) % 2 === 0) return end;
  }
}

function isKey(text: string, end: number): boolean {
  let next = end + 1;
  while (text.charCodeAt(next) <= SPACE!) next += 1;
  return text.charCodeAt(next) === COLON;
}
