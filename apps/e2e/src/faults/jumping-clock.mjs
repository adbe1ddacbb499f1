// Loaded into every service before its own code (NODE_OPTIONS=--import): the wall clock is off by as many ms as a file says.
// The monotonic clock stays as it is.
import { readFileSync } from 'node:fs';

const file = process.env.JUMPING_CLOCK_FILE;
const real = Date.now;
let offMs = 0;
const read = () => {
  try {
    offMs = Number(readFileSync(file, 'utf8'));
  } catch {
    offMs = 0;
  }
};
const now = () => real() + offMs;

if (file && process.argv[1]?.endsWith('/dist/main.js') && !process.argv[1].includes('/start/')) {
  read();
  setInterval(read, 50).unref();
  globalThis.Date = new Proxy(Date, {
    construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [now()] : given, made),
    apply: () => new Date().toString(),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  });
}
