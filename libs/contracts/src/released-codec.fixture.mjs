// Run by the Node of a test in the folder of a release: reads events as that release does, and writes them again.
// Lines of { event, texts } come in; { read, again } or { refused } go out, with numbers beyond JSON as "123n".
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const contracts = await import(pathToFileURL(process.argv[2]).href);
const lines = (await text(process.stdin)).trimEnd().split('\n');
for (const line of lines) console.log(JSON.stringify(answer(JSON.parse(line)), bigintToo));

function answer({ event, texts }) {
  try {
    const read = contracts.decodeEvent(event, texts);
    const { id: eventId, ...envelope } = contracts.decodeEnvelope(event);
    return { read, again: contracts.encodeEvent(read, { ...envelope, eventId, salt: () => texts.salt }).text };
  } catch (error) {
    return { refused: error.message };
  }
}

function bigintToo(_key, value) {
  return typeof value === 'bigint' ? `${value}n` : value;
}
