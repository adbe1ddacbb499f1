import type { Readable } from 'node:stream';

/** The longest line that is taken, characters: far above the largest stored event (768 KiB) in its JSON. */
const LONGEST_LINE = 8 * 1024 * 1024;

/** The lines of a stream of UTF-8 text, without their ends. @throws RangeError where a line has no end in sight. */
export async function* lines(stream: Readable): AsyncGenerator<string> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const parts = (rest + (chunk as string)).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > LONGEST_LINE) throw new RangeError(`A line of more than ${LONGEST_LINE} characters.`);
    for (const line of parts) yield line.endsWith('\r') ? line.slice(0, -1) : line;
  }
  if (rest !== '') yield rest;
}

/** One server-sent event. */
export interface SentEvent {
  readonly id: string | null;
  readonly type: string;
  readonly data: string;
}

/** Server-sent events as the HTML standard frames them. An event without its closing blank line is not one. */
export async function* sentEvents(stream: Readable): AsyncGenerator<SentEvent> {
  let id: string | null = null;
  let type = 'message';
  let data: string[] = [];
  for await (const line of lines(stream)) {
    if (line === '') {
      if (data.length > 0) yield { id, type, data: data.join('\n') };
      [type, data] = ['message', []];
      continue;
    }
    const colon = line.indexOf(':');
    if (colon === 0) continue;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'id') id = value;
    else if (field === 'event') type = value;
    else if (field === 'data') data.push(value);
  }
}
