import { once } from 'node:events';
import { type RequestListener, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of the test's own, which answers as it is told to. */
export interface Loopback {
  readonly url: string;
  /** Ends it with all its connections. */
  stop(): void;
}

/** On 127.0.0.1, at a free port. */
export async function loopback(answer: RequestListener): Promise<Loopback> {
  const server = createServer(answer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
