import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';

// Below the range from which systems lend ports to outgoing connections: a server that is killed and restarted
// finds its port again, and a client that keeps trying cannot be lent the very port it calls.
const FIRST_PORT = 20_000;
const LAST_PORT = 31_999;

/** A TCP port of 127.0.0.1 that nobody listens on now. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (await isPortFree(port)) return port;
  }
  throw new Error(`Found no free port between ${FIRST_PORT} and ${LAST_PORT} on 127.0.0.1.`);
}

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
